//! Two names of the area of a record: its code, and the name in another column or the label that a
//! message gives the code. They have to agree (F04).

use crate::area::{self, AreaId};
use crate::mapping::layout::Place;
use crate::mapping::mapper::{Cells, Mapper};

impl<'r> Cells<'r, '_> {
    /// What the record calls the code of its area: in a column of its own, and in the cell of the code
    /// (SDMX-CSV with labels: `KEN: Kenya`). Empty where it does not.
    fn area_labels(self) -> [&'r str; 2] {
        let beside = self.layout.area_label.map_or("", |at| self.line.field(at));
        let in_cell = match self.layout.area {
            Some(Place::Column(at)) if self.layout.labelled => {
                self.line.field(at).split_once(": ").map_or("", |(_, label)| label)
            }
            _ => "",
        };
        [beside, in_cell]
    }
}

impl Mapper<'_> {
    /// Whether areas come as numbers.
    pub(super) fn is_m49(&self) -> bool {
        self.mapping.areas_of.as_deref() == Some("unsd")
    }

    /// What the message calls a code of its areas. Kept where it means another area: its records are
    /// set aside.
    pub(crate) fn label(&mut self, code: &str, label: &str) {
        let code = code.trim();
        let text = if self.is_m49() { area::code(code) } else { code.into() };
        let id = self.rows.areas.of(&text);
        if self.rows.areas.contradicts(id, label) {
            self.labels.entry(code.to_owned()).or_insert_with(|| label.to_owned());
            self.area = None;
        }
    }

    /// The area of a record.
    pub(super) fn area(&mut self, cells: Cells<'_, '_>) -> AreaId {
        let code = cells.optional(cells.layout.area);
        let name = cells.optional(cells.layout.area_name);
        let said = cells.area_labels();
        self.key.clear();
        for part in [code, "\u{1F}", name, "\u{1F}", said[0], "\u{1F}", said[1]] {
            self.key.push_str(part);
        }
        if let Some((known, area)) = &self.area
            && *known == self.key
        {
            return *area;
        }
        let text = if self.is_m49() { area::code(code) } else { code.into() };
        let area = self.rows.area_with_name(&text, name);
        let area = self.beside_label(area, code, said);
        self.area = Some((self.key.clone(), area));
        area
    }

    /// The area of a record that is not used, without a word on what is in doubt.
    pub(super) fn area_unused(&mut self, cells: Cells<'_, '_>) -> AreaId {
        let code = cells.optional(cells.layout.area);
        let text = if self.is_m49() { area::code(code) } else { code.into() };
        let area = self.rows.area_unused(&text, cells.optional(cells.layout.area_name));
        self.beside_label(area, code, cells.area_labels())
    }

    /// An area, after what its code is called: by the record, or by the message for all its records.
    fn beside_label(&mut self, area: AreaId, code: &str, said: [&str; 2]) -> AreaId {
        let with = |area, label: &&str| self.rows.areas.with_label(area, code, label);
        let area = said.iter().fold(area, with);
        match self.labels.get(code) {
            Some(label) => self.rows.areas.with_label(area, code, label),
            None => area,
        }
    }
}
