//! Heads who are named beside the members of their households (户主姓名 户主身份证号 家庭成员 身份证号 与户主关系), and who may
//! have no line of their own.

use crate::domain::List;

use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::header::Heading;
use crate::intake::recognise::layout::Layout;
use crate::intake::sheet::merged::is_shared;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// What a line tells of the head beside the member.
const OF_HEAD: [Field; 4] = [Field::Id, Field::Sex, Field::Birth, Field::Phone];

/// Notes which columns are the head's, where one of them holds the number.
pub fn set_apart(headings: &[Heading], layout: &mut Layout, list: &ListWords, vocabulary: &Vocabulary) {
    let (Some(head), Some(name)) = (layout.columns(Field::Head).first(), layout.columns(Field::Name).first()) else {
        return;
    };
    let (head, name) = (*head, *name);
    if layout.head_is_person || head == name || !matches!(layout.list, List::Population | List::Dibao) {
        return;
    }
    let key = |heading: &Heading| heading.keys.first().cloned().unwrap_or_default();
    let meant = |word: &str| list.columns.get(word).or_else(|| vocabulary.columns.get(word)).copied();
    let named = |heading: &Heading| {
        let field = meant(vocabulary.whose.behind_head(&key(heading))?)?;
        OF_HEAD.contains(&field).then_some((heading.column, field))
    };
    let is_of_members = headings
        .iter()
        .any(|h| h.column == name && vocabulary.whose.members.iter().any(|member| key(h).contains(member.as_str())));
    let mut cells: Vec<(usize, Field)> = headings.iter().filter_map(named).collect();
    // 户主 性别 身份证号 家庭成员 性别 身份证号: what stands between them, and behind nobody else.
    let is_others = |h: &&Heading| {
        let key = key(h);
        let mut others = vocabulary.other_prefixes.iter();
        others.any(|other| key.starts_with(other.as_str())) && vocabulary.whose.behind_head(&key).is_none()
    };
    let between = headings.iter().filter(|h| head < h.column && h.column < name).take_while(|h| !is_others(h));
    for heading in between.filter(|h| h.behind.is_some() && !h.of_other) {
        let Some(field) = meant(&key(heading)).filter(|field| OF_HEAD.contains(field)) else { continue };
        if cells.iter().any(|(_, of_head)| *of_head == field) {
            continue;
        }
        // With no other number behind 姓名 the one before it may be that person's.
        if layout.columns(field).iter().any(|own| *own > name) {
            layout.columns[field as usize].retain(|own| *own != heading.column);
            cells.push((heading.column, field));
        } else if is_of_members {
            layout.perhaps_of_head.push((heading.column, field));
        }
    }
    let is_all = |h: &Heading| is_of_members || is_anybodys(&key(h), vocabulary);
    if headings.iter().any(|h| h.column == name && is_all(h)) && cells.iter().any(|(_, field)| *field == Field::Id) {
        cells.push((head, Field::Name));
        layout.of_head = cells;
        layout.names_members = is_of_members;
    }
}

/// Gives the head the columns between them and the members that the first lines show to be theirs: 户主 身份证号 成员姓名
/// is the head's number on every line of a household, or each member's own. They stay the line's too, where it is the
/// head's.
pub fn settle(layout: &mut Layout, data: &[Row], vocabulary: &Vocabulary) {
    let (Some(head), Some(name)) = (column(layout, Field::Head), column(layout, Field::Name)) else { return };
    let perhaps = std::mem::take(&mut layout.perhaps_of_head);
    let of_head: Vec<_> =
        perhaps.into_iter().filter(|(column, _)| is_one_for_all(*column, (head, name), data, vocabulary)).collect();
    if !layout.of_head.is_empty() {
        layout.of_head.extend(of_head);
    } else if of_head.iter().any(|(_, field)| *field == Field::Id) {
        layout.of_head = of_head;
        layout.of_head.push((head, Field::Name));
        layout.names_members = true;
    }
}

/// Whether a column says the same on all lines of a household, or only on its first.
fn is_one_for_all(at: usize, (head, name): (usize, usize), data: &[Row], vocabulary: &Vocabulary) -> bool {
    let (mut one, mut each) = (0u32, 0u32);
    let (mut of, mut first) = (String::new(), String::new());
    for row in data {
        let [head, name, value] = [head, name, at].map(|column| text(row, Some(column), vocabulary));
        if !head.is_empty() && head != of {
            // Whose member stands beside them has no line before it.
            one += u32::from(!value.is_empty() && name != head);
            (of, first) = (head, value);
        } else if !first.is_empty() && name != of {
            let differs = !value.is_empty() && value != first;
            each += u32::from(differs);
            one += u32::from(!differs);
        }
    }
    one > each
}

/// 姓名, and not 保障对象: those are some of a household, and the head need not be one of them.
fn is_anybodys(key: &str, vocabulary: &Vocabulary) -> bool {
    let is_of_some = |word: &String| key.contains(word.as_str());
    vocabulary.columns.get(key) == Some(&Field::Name) && !vocabulary.whose.of_people.iter().any(is_of_some)
}

/// Follows the households of one table.
#[derive(Debug, Default)]
pub struct Heads {
    /// Whether the heads have no lines of their own, as far as the first lines show.
    are_apart: bool,
    /// The head named last, and the line they would have.
    last: Option<(Head, Row)>,
    /// Whether a line was theirs.
    has_line: bool,
}

impl Heads {
    /// `data`: the first lines of the table.
    pub fn of(layout: &Layout, data: &[Row], vocabulary: &Vocabulary) -> Heads {
        let (mut named, mut repeated, mut last, mut has_line) = (0u32, 0u32, None, false);
        let (mut lines, mut large, mut alone) = (0u32, 0u32, false);
        for row in data.iter().filter(|_| !layout.of_head.is_empty()) {
            let head = head(row, layout, vocabulary);
            if is_alone(row, layout, vocabulary) {
                alone |= head.is_some();
                continue;
            }
            if let Some(head) = head.filter(|head| last.as_ref().is_none_or(|last: &Head| !last.is(head))) {
                repeated += u32::from(has_line);
                (last, has_line, lines) = (Some(head), false, 0);
                named += 1;
            }
            lines += 1;
            large += u32::from(lines == 2);
            has_line |= last.as_ref().is_some_and(|head| is_heads_own(row, layout, head, vocabulary));
        }
        repeated += u32::from(has_line);
        // Under 姓名 somebody of each household may be meant, unless heads stand there alone or whole households.
        let is_household = layout.names_members || alone || large > 1;
        Heads { are_apart: is_household && repeated * 2 < named, ..Heads::default() }
    }

    /// Takes the next line; gives that of the head before, who had none.
    pub fn next(&mut self, row: &mut Row, layout: &Layout, vocabulary: &Vocabulary) -> Option<Row> {
        let mut left = None;
        let head = head(row, layout, vocabulary);
        let is_named = head.is_some();
        let is_another = |head: &Head| self.last.as_ref().is_none_or(|(last, _)| !last.is(head));
        if let Some(head) = head.filter(is_another) {
            left = self.end();
            self.last = Some((head, of_head(row, layout)));
        }
        if is_named && is_alone(row, layout, vocabulary) {
            let own = row.clone();
            write_head(&own, row, layout);
        }
        let is_own = self.last.as_ref().is_some_and(|(head, _)| is_heads_own(row, layout, head, vocabulary));
        self.has_line |= is_own;
        if !is_own {
            let shared = layout.of_head.iter().filter(|(column, field)| layout.columns(*field).contains(column));
            shared.filter(|(_, field)| *field != Field::Name).for_each(|(column, _)| row.blank(*column));
        }
        left
    }

    /// The line of the head named last, who had none.
    pub fn end(&mut self) -> Option<Row> {
        let (_, row) = self.last.take()?;
        (!std::mem::take(&mut self.has_line) && self.are_apart).then_some(row)
    }
}

fn column(layout: &Layout, field: Field) -> Option<usize> {
    layout.columns(field).first().copied()
}

/// The column of a field that is the members' alone.
fn members(layout: &Layout, field: Field) -> Option<usize> {
    layout.columns(field).iter().copied().find(|own| layout.of_head.iter().all(|(column, _)| column != own))
}

/// Name and number of a head, folded; without a number where the line does not repeat it.
#[derive(Debug)]
struct Head {
    name: String,
    number: String,
}

impl Head {
    /// Whether both are the same person. Of a household only the first line may give the number.
    fn is(&self, other: &Head) -> bool {
        self.name == other.name && (self.number == other.number || self.number.is_empty() || other.number.is_empty())
    }
}

/// What the cell says itself: a ditto mark says what the line above says, as a blank does.
fn text(row: &Row, column: Option<usize>, vocabulary: &Vocabulary) -> String {
    match column.map_or(Cell::Empty, |column| row.cell(column)) {
        Cell::Text(text) if vocabulary.is_ditto(text) => String::new(),
        cell => fold_word(&cell.to_text()),
    }
}

/// The head of the line.
fn head(row: &Row, layout: &Layout, vocabulary: &Vocabulary) -> Option<Head> {
    let column = |field| layout.of_head.iter().find(|(_, told)| *told == field).map(|(column, _)| *column);
    let told = |field| text(row, column(field), vocabulary);
    let name = told(Field::Name);
    (!name.is_empty()).then(|| Head { name, number: told(Field::Id) })
}

/// Whether nobody is named beside the head.
fn is_alone(row: &Row, layout: &Layout, vocabulary: &Vocabulary) -> bool {
    let says = |column| !text(row, column, vocabulary).is_empty();
    !says(column(layout, Field::Name)) && !says(members(layout, Field::Id))
}

/// Whether the line is that of this head: by name, number or relation.
fn is_heads_own(row: &Row, layout: &Layout, head: &Head, vocabulary: &Vocabulary) -> bool {
    let is = |field, head: &str| !head.is_empty() && text(row, members(layout, field), vocabulary) == head;
    let relation = text(row, column(layout, Field::Relation), vocabulary);
    is(Field::Name, &head.name)
        || is(Field::Id, &head.number)
        || vocabulary.relation.get(&relation).is_some_and(|code| *code <= 2)
}

/// The line of the head: what the household has in common, and nothing of the member beside whom they are named.
fn of_head(row: &Row, layout: &Layout) -> Row {
    let mut own = row.clone();
    let is_members = |field: Field| match layout.list {
        // Money stops for all of them.
        List::Dibao => !is_shared(field),
        _ => !matches!(field, Field::Household | Field::Head | Field::Area | Field::RegisteredArea),
    };
    layout.kept.iter().filter(|(field, _)| is_members(*field)).for_each(|(_, column)| own.blank(*column));
    write_head(row, &mut own, layout);
    own
}

fn write_head(row: &Row, own: &mut Row, layout: &Layout) {
    for (from, field) in &layout.of_head {
        if let Some(to) = column(layout, *field).filter(|_| row.cell(*from) != Cell::Error) {
            own.copy(to, row, *from);
        }
    }
    if let Some(relation) = column(layout, Field::Relation) {
        own.write(relation, "户主");
    }
}
