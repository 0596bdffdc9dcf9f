//! What vector files hold, whatever their format.

/// A shape with a row of named values.
///
/// # Examples
/// ```
/// use soilscope_pipeline::io::vector::{Feature, Value};
/// let point = Feature {
///     geometry: geo::Point::new(181_072.0, 333_611.0).into(),
///     properties: vec![("zinc".into(), Value::Real(1022.0)), ("site".into(), "A1".into())],
/// };
/// assert_eq!(point.properties[1].1, Value::Text("A1".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The shape, in the map's CRS: easting (or longitude) first.
    pub geometry: geo::Geometry<f64>,
    /// Names and values, in the order in which they are written; a name comes once.
    pub properties: Vec<(String, Value)>,
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite is written as no value.
    Real(f64),
    /// Text.
    Text(String),
    /// No value.
    Null,
}

impl Value {
    /// The value as a cell of a CSV file; nothing where there is none.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::io::vector::Value;
    /// let row = [Value::Integer(3), Value::Real(0.5), Value::from("a"), Value::Null];
    /// assert_eq!(row.map(Value::into_cell), ["3", "0.5", "a", ""]);
    /// ```
    pub fn into_cell(self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text,
            Self::Null => String::new(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
