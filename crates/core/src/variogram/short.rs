//! Numbers and models for sentences, with few digits.

/// A number with so many significant digits, without needless zeros.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::short_number;
/// assert_eq!(short_number(740579.1534663637, 4), "740579");
/// assert_eq!(short_number(0.050660440117212796, 3), "0.0507");
/// assert_eq!(short_number(1.5e-9, 4), "1.500e-9");
/// ```
pub fn short_number(number: f64, digits: u8) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor() as i32;
    let digits = i32::from(digits.max(1));
    if !(-(digits + 1)..=2 * digits).contains(&magnitude) {
        return format!("{number:.*e}", (digits - 1) as usize);
    }
    let decimals = (digits - 1 - magnitude).max(0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A model's notation, its numbers with so many significant digits.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::short_notation;
/// assert_eq!(short_notation("0.05066044 Nug + 0.59060583 Mat(897.00642, kappa=1.5)", 3), "0.0507 Nug + 0.591 Mat(897, kappa=1.5)");
/// ```
pub fn short_notation(notation: &str, digits: u8) -> String {
    // Numbers stand between these signs.
    let signs = [' ', '(', ')', ',', '='];
    let short = |piece: &str| -> String {
        let body = piece.trim_end_matches(signs);
        let number = body.parse().map_or_else(|_| body.to_owned(), |number| short_number(number, digits));
        number + &piece[body.len()..]
    };
    notation.split_inclusive(signs).map(short).collect()
}
