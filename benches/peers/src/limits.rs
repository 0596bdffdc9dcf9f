//! What the machine can do at all, measured: fused multiply-adds, matrix products, memory.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Instant;

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};
use serde::Serialize;

/// Limits for one number of threads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limits {
    /// Threads that worked at once.
    pub threads: usize,
    /// Doubles in a vector that the machine has instructions for.
    pub lanes: usize,
    /// Fused multiply-adds of numbers in registers, GFLOP/s; each counts as two.
    pub fma_gflops: f64,
    /// Product of 1,500² matrices by nalgebra, one for each thread, GFLOP/s.
    pub nalgebra_gflops: f64,
    /// a = b + s·c of vectors far larger than the caches, GB/s; 24 bytes an element.
    pub triad_gb_s: f64,
}

/// Repeats of each measurement, of which the best counts: other programs only take away.
const REPEATS: usize = 5;

/// Measures with `threads` threads; takes some seconds and 768 MiB.
pub fn measure(threads: NonZeroUsize) -> Limits {
    let arch = Arch::new();
    Limits {
        threads: threads.get(),
        lanes: arch.dispatch(Lanes),
        fma_gflops: best(|| {
            let begun = Instant::now();
            let each = together(threads, |_| arch.dispatch(Fma));
            each.iter().sum::<f64>() / begun.elapsed().as_secs_f64() / 1e9
        }),
        nalgebra_gflops: {
            let n = 1_500;
            let a = DMatrix::from_fn(n, n, |i, j| ((i * 7 + j * 3) % 11) as f64 - 5.0);
            let mut products: Vec<DMatrix<f64>> = vec![DMatrix::zeros(n, n); threads.get()];
            best(|| {
                let begun = Instant::now();
                thread::scope(|scope| {
                    for product in &mut products {
                        let a = &a;
                        scope.spawn(move || a.mul_to(a, product));
                    }
                });
                black_box(&products);
                2.0 * (n as f64).powi(3) * threads.get() as f64 / begun.elapsed().as_secs_f64() / 1e9
            })
        },
        triad_gb_s: triad(threads),
    }
}

fn best(mut rate: impl FnMut() -> f64) -> f64 {
    (0..REPEATS).map(|_| rate()).fold(0.0, f64::max)
}

fn together<T: Send>(threads: NonZeroUsize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let f = &f;
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.get()).map(|i| scope.spawn(move || f(i))).collect();
        handles.into_iter().map(|h| h.join().expect("a measurement does not panic")).collect()
    })
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F64_LANES
    }
}

/// Chains of multiply-adds, enough of them to hide an instruction's latency of four cycles on two units, few enough for
/// sixteen registers. Returns the operations done.
struct Fma;

impl WithSimd for Fma {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const CHAINS: usize = 12;
        const STEPS: usize = 20_000_000;
        let (factor, term) = (black_box(simd.splat_f64s(0.999)), black_box(simd.splat_f64s(0.001)));
        let mut sums = [simd.splat_f64s(1.0); CHAINS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = simd.mul_add_f64s(*sum, factor, term);
            }
        }
        black_box(sums);
        (2 * CHAINS * STEPS * S::F64_LANES) as f64
    }
}

fn triad(threads: NonZeroUsize) -> f64 {
    const LEN: usize = 1 << 25;
    let (b, c) = (vec![1.0_f64; LEN], vec![2.0_f64; LEN]);
    let mut a = vec![0.5_f64; LEN];
    let part = LEN.div_ceil(threads.get());
    best(|| {
        let begun = Instant::now();
        thread::scope(|scope| {
            for ((a, b), c) in a.chunks_mut(part).zip(b.chunks(part)).zip(c.chunks(part)) {
                scope.spawn(move || a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = b + 3.0 * c));
            }
        });
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(black_box(&a)[LEN / 2], 7.0, "1 + 3 · 2");
        24.0 * LEN as f64 / seconds / 1e9
    })
}
