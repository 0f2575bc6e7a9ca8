//! The pictures of the demo. They are a part of the program, since the demo needs no files.
//!
//! Not here: the demo's seed, which others use without pictures. Invariant: the pictures are drawn for this project.

/// A picture, and where the seed names it.
struct DemoPicture {
    /// The line of the seed after which it is declared.
    after: &'static str,
    /// The key that declares it.
    key: &'static str,
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! picture {
    ($after:literal, $key:literal, $path:literal) => {
        DemoPicture { after: $after, key: $key, path: $path, bytes: include_bytes!(concat!("../../pictures/", $path)) }
    };
}

const PICTURES: [DemoPicture; 5] = [
    picture!("[maker.brand]\n", "logo", "logo.png"),
    picture!("name = \"Aqua Pitcher\"\n", "picture", "pitcher.png"),
    picture!("title = \"Water filter, pack of 3\"\n", "picture", "filters-3.png"),
    picture!("title = \"Water filter, pack of 6\"\n", "picture", "filters-6.png"),
    picture!("title = \"Mineral cartridge\"\n", "picture", "mineral.png"),
];

/// Returns the seed with its pictures declared.
pub(super) fn add_pictures(seed: &str) -> String {
    PICTURES.iter().fold(seed.to_owned(), |text, DemoPicture { after, key, path, .. }| {
        text.replacen(after, &format!("{after}{key} = \"{path}\"\n"), 1)
    })
}

/// Returns the bytes of a picture that the seed names.
pub(super) fn read_picture(path: &str) -> Result<Vec<u8>, String> {
    let found = PICTURES.iter().find(|picture| picture.path == path);
    found.map(|picture| picture.bytes.to_vec()).ok_or_else(|| format!("the demo has no picture {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_has_its_place_in_the_seed() {
        let seed = add_pictures(super::super::DEMO_SEED);
        for picture in &PICTURES {
            assert_eq!(seed.matches(&format!("\"{}\"", picture.path)).count(), 1, "{}", picture.path);
        }
    }
}
