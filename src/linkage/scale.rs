//! Scales: the closed list of levels at which one field of two lines can stand to each other.

/// Declares a closed scale: its values, how many there are, and their codes.
macro_rules! scale {
    ($(#[$doc:meta])* $name:ident { $($(#[$level_doc:meta])* $level:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[repr(u8)]
        pub enum $name { $($(#[$level_doc])* $level,)* }

        impl $name {
            /// In the order of the weights.
            pub const ALL: &[$name] = &[$($name::$level,)*];
            pub const COUNT: usize = $name::ALL.len();

            /// The code people and programs know it by.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$level => $code,)* }
            }
        }
    };
}
pub(super) use scale;
