//! Words that say whose a column is, where a line or a sheet names several people.

use serde::Deserialize;

use super::fold::fold_header;

type Words = Vec<String>;

/// As they stand in a file of words, and folded, the longest first, once they are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Whose {
    /// Those who stand for a household: 户主身份证号 is the head's.
    pub heads: Words,
    /// Those beside the heads to whom the relation of a household's members is told: 与家属关系.
    pub household: Words,
    pub children: Words,
    /// What befell a child for whose sake the parents are supported, beside its death: 死亡/伤残时间.
    pub fates: Words,
    pub spouses: Words,
    pub husbands: Words,
    pub wives: Words,
    /// One more of a household: 成员1姓名.
    pub members: Words,
    /// Anybody's family, and only where they are counted (家属1姓名 家属2姓名) one more of a household.
    pub kin: Words,
    /// What may stand before those: 家庭成员, 其他家庭成员.
    pub before_members: Words,
    /// What a group of columns adds to whose it is: 男方基本情况.
    pub of_groups: Words,
    /// What the end of a person's line makes a name of: 停保人员, 死者.
    pub of_people: Words,
    /// What those of a list are called over their names, where no column is called a name: 低保对象.
    pub called: Words,
}

impl Whose {
    /// The words of all files.
    pub fn of<'f>(files: impl Iterator<Item = &'f Whose> + Clone) -> Whose {
        let words = |pick: fn(&Whose) -> &Words| -> Words {
            let mut words: Words = files.clone().flat_map(pick).map(|word| fold_header(word)).collect();
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words
        };
        Whose {
            heads: words(|file| &file.heads),
            household: words(|file| &file.household),
            children: words(|file| &file.children),
            fates: words(|file| &file.fates),
            spouses: words(|file| &file.spouses),
            husbands: words(|file| &file.husbands),
            wives: words(|file| &file.wives),
            members: words(|file| &file.members),
            kin: words(|file| &file.kin),
            before_members: words(|file| &file.before_members),
            of_groups: words(|file| &file.of_groups),
            of_people: words(|file| &file.of_people),
            called: words(|file| &file.called),
        }
    }

    /// What follows the head in a header: 身份证号 in 户主身份证号.
    pub fn behind_head<'k>(&self, key: &'k str) -> Option<&'k str> {
        self.heads.iter().find_map(|head| key.strip_prefix(head.as_str()))
    }

    /// Whether a relation under this header is one to the household.
    pub fn is_of_household(&self, key: &str) -> bool {
        self.heads.iter().chain(&self.household).any(|of| key.contains(of.as_str()))
    }

    /// A header of a member, around the word for members: 其他家庭 and 1姓名 in 其他家庭成员1姓名.
    pub fn around_member<'k>(&self, key: &'k str) -> Option<(&'k str, &'k str)> {
        self.members.iter().find_map(|member| key.split_once(member.as_str()))
    }

    /// Without what a group adds to whose it is.
    pub fn bare_of_group<'k>(&self, key: &'k str) -> &'k str {
        self.of_groups.iter().find_map(|group| key.strip_prefix(group.as_str())).unwrap_or(key)
    }
}
