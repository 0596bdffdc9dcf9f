//! Vector instructions, chosen when the program runs: AVX-512, AVX2 with FMA, NEON, or none.
//!
//! `pulp` holds the intrinsics and finds out what the machine has; kernels are written once against its [`Simd`]. A kernel
//! treats each lane as a problem of its own, with the same operations in the same order whatever the number of lanes. So
//! instruction sets differ in one thing alone: whether a product is rounded before it is added (plain) or not (FMA).

use pulp::{Arch, Simd, WithSimd};

/// Runs a kernel with the best instructions that this machine has.
#[inline]
pub(crate) fn dispatch<K: WithSimd>(kernel: K) -> K::Output {
    Arch::new().dispatch(kernel)
}

/// The vector instructions that computing uses here: results agree to 1e-12 among them, and to the last bit in one.
///
/// # Examples
/// ```
/// assert!(["AVX-512", "AVX2 with FMA", "NEON", "no vectors"].contains(&soilscope_core::instruction_set()));
/// ```
pub fn instruction_set() -> &'static str {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;

        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            S::F64_LANES
        }
    }
    match dispatch(Lanes) {
        8 => "AVX-512",
        4 => "AVX2 with FMA",
        2 => "NEON",
        _ => "no vectors",
    }
}

/// Most doubles of a vector.
pub(crate) const MOST_LANES: usize = 8;

/// Numbers that begin at a multiple of a cache line, so that no vector straddles two.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    held: Vec<f64>,
    first: usize,
    len: usize,
}

/// Doubles in 64 bytes.
const LINE: usize = 8;

impl Aligned {
    /// As many zeros, in no more room than they need.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut room = Self { held: vec![0.0; len + LINE], first: 0, len: 0 };
        room.resize(len);
        room
    }

    pub(crate) fn get(&self) -> &[f64] {
        &self.held[self.first..self.first + self.len]
    }

    /// Room for `len` numbers, whose values are left as they happen to be.
    pub(crate) fn resize(&mut self, len: usize) -> &mut [f64] {
        if self.held.len() < len + LINE {
            self.held.resize((len + LINE).next_power_of_two(), 0.0);
        }
        self.first = match self.held.as_ptr().align_offset(LINE * size_of::<f64>()) {
            offset if offset < LINE => offset,
            _ => 0,
        };
        self.len = len;
        self.get_mut()
    }

    pub(crate) fn get_mut(&mut self) -> &mut [f64] {
        &mut self.held[self.first..self.first + self.len]
    }
}

/// Numbers as whole vectors.
///
/// # Panics
/// A length that is not a multiple of the lanes.
#[inline(always)]
pub(crate) fn vectors<S: Simd>(numbers: &[f64]) -> &[S::f64s] {
    let (vectors, rest) = S::as_simd_f64s(numbers);
    assert!(rest.is_empty(), "whole vectors");
    vectors
}

/// As [`vectors`], to write to.
#[inline(always)]
pub(crate) fn vectors_mut<S: Simd>(numbers: &mut [f64]) -> &mut [S::f64s] {
    let (vectors, rest) = S::as_mut_simd_f64s(numbers);
    assert!(rest.is_empty(), "whole vectors");
    vectors
}

/// c − a·b.
#[inline(always)]
pub(crate) fn less_product<S: Simd>(simd: S, c: S::f64s, a: S::f64s, b: S::f64s) -> S::f64s {
    simd.negate_mul_add_e_f64s(a, b, c)
}

/// eˣ for x ≤ 0, to two units in the last place; 0 below −708, where numbers lose their digits.
///
/// With n the whole number nearest x / ln 2 and r = x − n ln 2, |r| ≤ ½ ln 2: 2ⁿ times the Taylor polynomial of degree 13,
/// whose remainder is below 5e−18.
#[inline(always)]
pub(crate) fn exp_of_negative<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    /// ln 2 in two parts; products of the first with |n| < 2¹¹ are exact.
    const LN2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    /// Adding it rounds to a whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
    /// Adding it to a whole number leaves that in the upper half of the bits.
    const UPPER: f64 = 1_572_864.0; // 1.5 · 2²⁰
    const LEAST: f64 = -708.0;
    let splat = |v: f64| simd.splat_f64s(v);
    let bounded = simd.max_f64s(x, splat(LEAST));
    let shifted = simd.mul_add_e_f64s(bounded, splat(std::f64::consts::LOG2_E), splat(ROUND));
    let n = simd.sub_f64s(shifted, splat(ROUND));
    let r = less_product(simd, less_product(simd, bounded, n, splat(LN2[0])), n, splat(LN2[1]));
    // 1/13!, 1/12!, …, 1/2!, 1, 1.
    const TERMS: [f64; 14] = [
        1.605_904_383_682_161_3e-10,
        2.087_675_698_786_81e-9,
        2.505_210_838_544_172e-8,
        2.755_731_922_398_589_3e-7,
        2.755_731_922_398_589e-6,
        2.480_158_730_158_73e-5,
        1.984_126_984_126_984e-4,
        1.388_888_888_888_889e-3,
        8.333_333_333_333_333e-3,
        4.166_666_666_666_666_4e-2,
        1.666_666_666_666_666_6e-1,
        0.5,
        1.0,
        1.0,
    ];
    let mut sum = splat(TERMS[0]);
    for term in &TERMS[1..] {
        sum = simd.mul_add_e_f64s(sum, r, splat(*term));
    }
    let scaled = if S::IS_SCALAR {
        let scale = |sum: f64, n: f64| f64::from_bits(sum.to_bits().wrapping_add_signed((n as i64) << 52));
        pulp::bytemuck::cast(scale(pulp::bytemuck::cast(sum), pulp::bytemuck::cast(n)))
    } else {
        // The whole number stands in the upper half; moved by 20 bits it is added to the exponent of the sum.
        let words: S::u32s = pulp::bytemuck::cast(simd.add_f64s(n, splat(UPPER)));
        let exponent: S::u64s = pulp::bytemuck::cast(simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(20)));
        pulp::bytemuck::cast(simd.add_u64s(pulp::bytemuck::cast(sum), exponent))
    };
    simd.select_f64s(simd.less_than_f64s(x, splat(LEAST)), splat(0.0), scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exponentials<'a>(&'a mut [f64]);

    impl WithSimd for Exponentials<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            vectors_mut::<S>(self.0).iter_mut().for_each(|x| *x = exp_of_negative(simd, *x));
        }
    }

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        let places: Vec<f64> =
            (0..80_000).map(|k| -f64::from(k) * 0.009).chain((0..80).map(|k| -1e-18 * f64::from(k).exp2())).collect();
        let run = |arch: Arch| {
            let mut values = places.clone();
            arch.dispatch(Exponentials(&mut values));
            values
        };
        for (x, (best, plain)) in places.iter().zip(run(Arch::new()).into_iter().zip(run(Arch::Scalar))) {
            let exact = if *x < -708.0 { 0.0 } else { x.exp() };
            for value in [best, plain] {
                assert!((value - exact).abs() <= 4.0 * f64::EPSILON * exact, "exp({x}) = {value}, not {exact}");
            }
        }
    }

    #[test]
    fn room_begins_at_a_cache_line() {
        let mut room = Aligned::default();
        for len in [8, 80, 8_000, 16] {
            let numbers = room.resize(len);
            assert_eq!(numbers.len(), len);
            assert_eq!(numbers.as_ptr().align_offset(64), 0);
        }
    }
}
