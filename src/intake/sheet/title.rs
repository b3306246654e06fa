//! Titles: what the texts over a table, and those between its lines, say of the people below.

use super::super::report::RefusalCode;
use super::SheetReader;
use super::counted::is_group;
use crate::domain::Level;
use crate::intake::labels::area;
use crate::intake::labels::band;
use crate::intake::labels::fate;
use crate::intake::labels::named;
use crate::intake::vocabulary::fold::fold_word;

impl SheetReader<'_, '_> {
    /// A line of text between the lines: the title of a village begins that village's part of the sheet, and of
    /// whatever else may be said of a part (死亡人员, A类) that part.
    pub(in crate::intake) fn title(&mut self, text: &str, row: u32) {
        if self.context.area.is_none() {
            self.area_of_title(text);
        }
        let (list, vocabulary) = (self.table.layout.list, self.context.vocabulary);
        self.tell_unclear_at(text, row, true);
        if let Some(said) = band::of_title(text, vocabulary.of(list), vocabulary) {
            self.table.say(said, self.area, self.context);
        } else if let Some(group) = Some(fold_word(text)).filter(|text| is_group(text)) {
            self.table.begin_group(group, self.area, self.context);
        }
    }

    fn area_of_title(&mut self, text: &str) {
        // The county's own heading above a village's page says nothing new.
        let (node, places) = (self.context.node_area, self.context.places);
        // 200村 is one of the township whose sheet this is.
        let here = if self.area.level() == Level::County { node } else { self.area.township() };
        let named = area::named([text].into_iter(), node, places);
        let named = named.or_else(|| area::named([text].into_iter(), here, places));
        if let Some(area) = named.filter(|area| !area.contains(self.area)) {
            self.area = area;
            // Another village's part is not that of the dead of the one above.
            self.table.begin_village(self.area, self.context);
            self.begin_segments();
            self.announce_all(0);
        }
    }

    /// Tells of what a table is called that tells of an end, and nobody can say of whose, unless its columns do.
    pub(in crate::intake) fn tell_unclear(&mut self, called: &[String], row: u32) {
        if self.table.layout.is_doubtful {
            let is_unsure = |text: &&String| named::is_unsure(&fold_word(text), self.context.vocabulary);
            let words = self.context.vocabulary.of(self.table.layout.list);
            let told = called.iter().find(is_unsure).map(|text| fate::words(text, words, self.context.vocabulary));
            let told = told.unwrap_or_default();
            self.report.notes.note(RefusalCode::UnclearTitle, &told, self.origin.name, row);
        } else if !self.table.layout.says_end() {
            called.iter().for_each(|text| self.tell_unclear_at(text, row, false));
        }
    }

    fn tell_unclear_at(&mut self, text: &str, row: u32, is_band: bool) {
        let (vocabulary, words) = (self.context.vocabulary, self.context.vocabulary.of(self.table.layout.list));
        if band::is_unclear(text, is_band, words, vocabulary) {
            let told = fate::words(text, words, vocabulary);
            self.report.notes.note(RefusalCode::UnclearTitle, &told, self.origin.name, row);
        }
    }
}
