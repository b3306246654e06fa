//! A file that shows how to fill in a list: called so, and with nobody in it or with a few people whom it invents. It lies
//! beside the list, and would take its place. A template that was filled in and kept its name is a list.

use super::lines::{Kind, kind};
use crate::domain::{IdState, List};
use crate::intake::clean::number::id_number;
use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// A household or so is shown.
const EXAMPLES_MAX: usize = 5;

/// Whether a file or sheet of one of these names is called a template.
pub fn is_called(names: &[String], vocabulary: &Vocabulary) -> bool {
    names.iter().any(|name| vocabulary.templates.iter().any(|word| name.contains(word.as_str())))
}

/// Whether in `rows`, which are all of the sheet, nobody stands who is somebody. A list of deaths without a line says that
/// nobody died, and takes nobody away.
pub fn is_empty(rows: &[Row], layout: &Layout, vocabulary: &Vocabulary) -> bool {
    let mut lines = rows.iter().filter(|row| kind(row, layout, vocabulary) == Kind::Line);
    let count = lines.clone().count();
    let tells_of_nobody = count == 0 && layout.list == List::Deaths;
    count <= EXAMPLES_MAX && !tells_of_nobody && lines.all(|row| is_invented(row, layout, vocabulary))
}

/// By the name, or by a number that is none.
fn is_invented(row: &Row, layout: &Layout, vocabulary: &Vocabulary) -> bool {
    let cells = |field: Field| layout.columns(field).iter().map(|column| row.cell(*column)).filter(|c| !c.is_empty());
    let is_nobodys = |name: String| {
        let name = fold_word(&name);
        vocabulary.invented.contains(&name) || vocabulary.invented_marks.iter().any(|mark| name.contains(mark.as_str()))
    };
    let mut numbers = cells(Field::Id).peekable();
    let is_right = |number: Cell<'_>| {
        let is_left_open = fold_word(&number.to_text()).matches(['x', '*', '×']).count() > 1;
        !is_left_open && id_number(number).is_some_and(|id| !matches!(id.state(), IdState::Invalid(_)))
    };
    cells(Field::Name).any(|name| is_nobodys(name.to_text())) || numbers.peek().is_some() && !numbers.any(is_right)
}
