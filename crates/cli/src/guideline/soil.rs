//! What is known of the soil: the same everywhere, or from the samples' columns.

use anyhow::Result;
use soilscope_assess::threshold::{Property, Soil, Texture};
use soilscope_pipeline::samples::{SampleTable, TextColumn};

use crate::words::{SoilFrom, SoilSource};

/// The soil where all of it is numbers, or the first name of a column.
pub(crate) fn fixed(sources: &[SoilSource]) -> Result<Soil, String> {
    let mut soil = Soil::default();
    for source in sources {
        match &source.from {
            SoilFrom::Number(number) => soil.set(source.property, *number),
            SoilFrom::Texture(texture) => soil.texture = Some(*texture),
            SoilFrom::Named(name) => return Err(name.clone()),
        }
    }
    Ok(soil)
}

/// What is the same everywhere, whatever else comes from columns or rasters.
pub(crate) fn everywhere(sources: &[SoilSource]) -> Soil {
    let constants: Vec<SoilSource> =
        sources.iter().filter(|s| !matches!(s.from, SoilFrom::Named(_))).cloned().collect();
    fixed(&constants).unwrap_or_default()
}

/// Columns that the samples must have.
pub(crate) fn columns(sources: &[SoilSource]) -> impl Iterator<Item = String> + '_ {
    sources.iter().filter_map(|s| if let SoilFrom::Named(name) = &s.from { Some(name.clone()) } else { None })
}

/// The soil of each record of a table.
pub(crate) struct SoilColumns<'a> {
    table: &'a SampleTable,
    everywhere: Soil,
    columns: Vec<(Property, &'a TextColumn)>,
    given: Vec<Property>,
}

impl<'a> SoilColumns<'a> {
    /// The columns were asked of the reader, which refuses those that are not there.
    pub(crate) fn new(sources: &[SoilSource], table: &'a SampleTable) -> Self {
        let mut everywhere = Soil::default();
        let mut columns = Vec::new();
        for source in sources {
            match &source.from {
                SoilFrom::Number(number) => everywhere.set(source.property, *number),
                SoilFrom::Texture(texture) => everywhere.texture = Some(*texture),
                SoilFrom::Named(name) => columns.extend(table.text_column(name).map(|c| (source.property, c))),
            }
        }
        Self { table, everywhere, columns, given: sources.iter().map(|s| s.property).collect() }
    }

    /// Whether a property was given at all.
    pub(crate) fn gives(&self, property: Property) -> bool {
        self.given.contains(&property)
    }

    /// The soil of a record; a cell that is empty leaves its property unknown.
    pub(crate) fn at(&self, record: usize) -> Result<Soil> {
        let mut soil = self.everywhere;
        for &(property, column) in &self.columns {
            if property == Property::Texture {
                let text = column.cells[record].trim();
                soil.texture = Texture::parse(text);
                if soil.texture.is_none() && !text.is_empty() {
                    let words = "write one of sand, loam, silt, clay, light, common, coarse, fine";
                    return Err(self.table.refuse_cell(column, record, "is no class of texture", words).into());
                }
                continue;
            }
            let Some(number) = self.table.number(column, record)? else { continue };
            let [low, high] = property.bounds();
            if !(low..=high).contains(&number) {
                let why = format!("is no {}: it is from {low} to {high}", property.words());
                let remedy = "correct it, or convert the column, as g/kg to percent";
                return Err(self.table.refuse_cell(column, record, why, remedy).into());
            }
            soil.set(property, number);
        }
        Ok(soil)
    }
}
