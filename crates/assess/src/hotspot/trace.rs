//! Outlines of hot cells: directed cell edges joined corner by corner, one row of corners at a time.
//!
//! Every edge between a hot and a cold cell is walked with the hot cell on its left, seen with north up, so exteriors run
//! counter-clockwise and holes clockwise. Where four edges meet, because hot cells touch only at a corner, each hot cell
//! keeps its own outline.

use std::collections::{HashMap, VecDeque};

/// A corner of grid cells: columns and rows west and north of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    pub(super) column: u32,
    pub(super) row: u32,
    /// Whether four edges meet here, so that an outline can come by twice.
    pinch: bool,
}

impl Corner {
    fn place(self) -> (u32, u32) {
        (self.row, self.column)
    }
}

/// A closed outline; the first corner is not repeated.
pub(super) type Ring = Vec<Corner>;

/// An open end of a chain: where it goes on, or where it came from.
#[derive(Debug, Clone, Copy)]
struct End {
    chain: u32,
    forward: bool,
}

/// Part of an outline, with the slots that hold its two ends.
#[derive(Debug, Default)]
struct Chain {
    corners: VecDeque<Corner>,
    slot_of_start: usize,
    slot_of_front: usize,
}

/// Hotness of the four cells round a corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) north_west: bool,
    pub(super) north_east: bool,
    pub(super) south_west: bool,
    pub(super) south_east: bool,
}

/// Outlines that the next row of cells can still change.
pub(super) struct Boundary {
    /// One slot per vertical edge that crosses the current row, and one for the horizontal edge under way.
    slots: Vec<Option<End>>,
    chains: Vec<Chain>,
    free: Vec<u32>,
}

impl Boundary {
    pub(super) fn new(columns: usize) -> Self {
        Self { slots: vec![None; columns + 2], chains: Vec::new(), free: Vec::new() }
    }

    /// Passes one corner; corners come row by row from the north, from west to east. Returns an outline that closes here.
    pub(super) fn pass(&mut self, column: usize, row: u32, around: Around) -> Option<Ring> {
        let Around { north_west, north_east, south_west, south_east } = around;
        let (north, south) = (north_west != north_east, south_west != south_east);
        let (west, east) = (north_west != south_west, north_east != south_east);
        let vertical = column;
        let horizontal = self.slots.len() - 1;
        let corner = Corner { column: column as u32, row, pinch: north && south && west && east };
        match (north, south, west, east) {
            // Nothing here, or a straight line: the ends stay in their slots.
            (false, false, _, _) | (_, _, false, false) => None,
            (true, false, false, true) => {
                let end = self.take(vertical);
                self.turn(end, corner, horizontal);
                None
            }
            (false, true, true, false) => {
                let end = self.take(horizontal);
                self.turn(end, corner, vertical);
                None
            }
            (false, true, false, true) => {
                self.start(corner, south_east, vertical, horizontal);
                None
            }
            (true, false, true, false) => self.join(corner, vertical, horizontal),
            // Four edges. The outlines of north-west and south-east part here …
            (true, true, true, true) if north_west => {
                let closed = self.join(corner, vertical, horizontal);
                self.start(corner, true, vertical, horizontal);
                closed
            }
            // … as do those of north-east and south-west.
            (true, true, true, true) => {
                let (from_north, from_west) = (self.take(vertical), self.take(horizontal));
                self.turn(from_north, corner, horizontal);
                self.turn(from_west, corner, vertical);
                None
            }
            _ => unreachable!("an even number of edges meets at a corner"),
        }
    }

    fn take(&mut self, slot: usize) -> End {
        self.slots[slot].take().expect("every edge that ends at a corner was begun at another")
    }

    fn put(&mut self, end: End, slot: usize) {
        let chain = &mut self.chains[end.chain as usize];
        if end.forward {
            chain.slot_of_front = slot;
        } else {
            chain.slot_of_start = slot;
        }
        self.slots[slot] = Some(end);
    }

    fn turn(&mut self, end: End, corner: Corner, to: usize) {
        let corners = &mut self.chains[end.chain as usize].corners;
        if end.forward {
            corners.push_back(corner);
        } else {
            corners.push_front(corner);
        }
        self.put(end, to);
    }

    /// Begins a chain whose two edges leave southwards and eastwards.
    fn start(&mut self, corner: Corner, south_east_is_hot: bool, vertical: usize, horizontal: usize) {
        let chain = self.free.pop().unwrap_or_else(|| {
            self.chains.push(Chain::default());
            (self.chains.len() - 1) as u32
        });
        self.chains[chain as usize].corners.push_back(corner);
        // With the hot cell on the left, a hot south-east cell is walked round down its western edge.
        self.put(End { chain, forward: south_east_is_hot }, vertical);
        self.put(End { chain, forward: !south_east_is_hot }, horizontal);
    }

    /// Joins the ends that arrive from the north and from the west.
    fn join(&mut self, corner: Corner, vertical: usize, horizontal: usize) -> Option<Ring> {
        let (a, b) = (self.take(vertical), self.take(horizontal));
        let (ahead, behind) = if a.forward { (a.chain, b.chain) } else { (b.chain, a.chain) };
        if ahead == behind {
            let chain = self.release(ahead);
            let mut ring: Ring = chain.corners.into();
            ring.push(corner);
            return Some(ring);
        }
        // The shorter chain moves, so that a corner moves a logarithmic number of times at most.
        if self.chains[ahead as usize].corners.len() >= self.chains[behind as usize].corners.len() {
            let rest = self.release(behind);
            let corners = &mut self.chains[ahead as usize].corners;
            corners.push_back(corner);
            corners.extend(rest.corners);
            self.put(End { chain: ahead, forward: true }, rest.slot_of_front);
        } else {
            let rest = self.release(ahead);
            let corners = &mut self.chains[behind as usize].corners;
            corners.push_front(corner);
            for &earlier in rest.corners.iter().rev() {
                corners.push_front(earlier);
            }
            self.put(End { chain: behind, forward: false }, rest.slot_of_start);
        }
        None
    }

    fn release(&mut self, chain: u32) -> Chain {
        self.free.push(chain);
        std::mem::take(&mut self.chains[chain as usize])
    }
}

/// Splits an outline at the corners it comes by twice, so that no ring touches itself.
///
/// Hot cells that touch at a corner and hang together elsewhere enclose cold cells between them. The outline then reaches
/// round those cells through the corner, which OGC Simple Features (06-103r4, 6.1.11) forbids: they are a hole that
/// touches the exterior, or another hole, at one point. Because outlines never cross, the loops are nested or apart, and
/// one pass with a stack finds them.
pub(super) fn split(outline: Ring) -> Vec<Ring> {
    if !outline.iter().any(|c| c.pinch) {
        return vec![outline];
    }
    let mut rings = Vec::new();
    let mut stack: Ring = Vec::with_capacity(outline.len());
    let mut seen: HashMap<(u32, u32), usize> = HashMap::new();
    for corner in outline {
        if corner.pinch {
            if let Some(first) = seen.remove(&corner.place()) {
                let ring: Ring = stack.drain(first..).collect();
                for inner in ring.iter().filter(|c| c.pinch) {
                    seen.remove(&inner.place());
                }
                rings.push(ring);
            } else {
                seen.insert(corner.place(), stack.len());
            }
        }
        stack.push(corner);
    }
    rings.push(stack);
    rings
}

/// Area in cells, exactly: positive for an exterior, negative for a hole.
pub(super) fn signed_cells(ring: &[Corner]) -> i64 {
    let mut twice: i128 = 0;
    for (i, a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        // Rows count southwards, hence the order of the factors.
        twice += i128::from(b.column) * i128::from(a.row) - i128::from(a.column) * i128::from(b.row);
    }
    (twice / 2) as i64
}

/// Turns the ring so that its northernmost, then westernmost, corner comes first: one spelling for one shape.
pub(super) fn canonical(mut ring: Ring) -> Ring {
    if let Some(first) = (0..ring.len()).min_by_key(|&i| ring[i].place()) {
        ring.rotate_left(first);
    }
    ring
}
