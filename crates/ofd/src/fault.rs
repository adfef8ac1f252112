/// A closed list of faults, each with a stable machine code and an English text: `Name = "code", "text"`.
macro_rules! faults {
    ($(#[$list_doc:meta])* pub enum $list:ident;
        $($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        $(#[$list_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum $list { $($(#[$doc])* #[error($text)] $name,)* }

        impl $list {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable machine code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}
