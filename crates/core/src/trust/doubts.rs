//! Reasons not to trust a prediction, as bits of a byte.

/// A set of reasons; empty where there is none.
///
/// The numbers are those of the file that a map writes, and do not change.
///
/// # Examples
/// ```
/// use soilscope_core::trust::Doubts;
/// let doubts = Doubts::EXTRAPOLATION.and(Doubts::NEAR_SILL);
/// assert_eq!(doubts.bits(), 5);
/// assert!(doubts.has(Doubts::NEAR_SILL) && !doubts.has(Doubts::CLUSTER));
/// assert!(Doubts::NONE.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Doubts(u8);

impl Doubts {
    /// None: to be trusted as far as the method is.
    pub const NONE: Self = Self(0);
    /// Outside the convex hull of the samples that serve the place: they all lie to one side.
    pub const EXTRAPOLATION: Self = Self(1);
    /// Fewer samples within the effective range than [`Rules::fewest`](super::Rules::fewest).
    pub const TOO_FEW: Self = Self(2);
    /// The error variance is nearly that of a place without samples.
    pub const NEAR_SILL: Self = Self(4);
    /// The samples that serve the place stand in less than half of the directions around it.
    pub const CLUSTER: Self = Self(8);
    /// A covariate is beyond those of all samples.
    pub const COVARIATE: Self = Self(16);

    /// Every reason, by increasing bit.
    pub const REASONS: [Self; 5] =
        [Self::EXTRAPOLATION, Self::TOO_FEW, Self::NEAR_SILL, Self::CLUSTER, Self::COVARIATE];

    /// Both sets.
    #[inline]
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a reason is among them.
    #[inline]
    pub const fn has(self, reason: Self) -> bool {
        self.0 & reason.0 != 0
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as a number from 0 to 31.
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of such a number; `None` for one that is no sum of reasons.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::trust::Doubts;
    /// assert_eq!(Doubts::from_bits(5), Some(Doubts::EXTRAPOLATION.and(Doubts::NEAR_SILL)));
    /// assert_eq!(Doubts::from_bits(255), None); // nodata
    /// ```
    #[inline]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 32 { Some(Self(bits)) } else { None }
    }

    /// Short name of one reason, for records.
    ///
    /// # Panics
    /// A set of none or several.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EXTRAPOLATION => "extrapolation",
            Self::TOO_FEW => "too-few-neighbours",
            Self::NEAR_SILL => "near-sill",
            Self::CLUSTER => "cluster",
            Self::COVARIATE => "covariate",
            _ => panic!("a name is that of one reason"),
        }
    }
}
