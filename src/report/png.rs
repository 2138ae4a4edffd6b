//! Pictures as PNG, for where SVG is not shown.

// The font is DejaVu Sans 2.37, whose licence stands beside it, less what no picture here can use:
//
//     fonttools subset DejaVuSans.ttf --output-file=DejaVuSans-subset.ttf --no-hinting --layout-features= --notdef-outline
//         --drop-tables+=FFTM,MATH --name-IDs=0,1,2,3,4,5,6,13,14
//         --unicodes=20-7e,a0-17f,2e3,304,370-3ff,1d40,1d4f,1d62,2010-2027,2030-2033,2070-209c,2113,2153-215e,2190-2193,
//         21d2,21d4,2200-22ff,2500,2713,2717,2c7c,fffd

use crate::Error;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use std::sync::Arc;

/// The only font that text is set in: no other is looked for, so that a picture is the same on every machine.
const FONT: &[u8] = include_bytes!("fonts/DejaVuSans-subset.ttf");
/// Pixels to a unit of the SVG.
const SCALE: f32 = 2.0;
/// The most pixels of a side.
const MOST: f32 = 8_192.0;

/// A picture of this crate, from SVG to the bytes of a PNG of twice its size. What the font lacks is drawn as a box.
///
/// # Errors
/// A side of more than 8192 pixels, or a text that is no SVG.
pub fn png(svg: &str) -> Result<Vec<u8>, Error> {
    rendered(svg, FONT)?.encode_png().map_err(|e| Error::new(format!("PNG: {e}")))
}

fn rendered(svg: &str, font: &[u8]) -> Result<Pixmap, Error> {
    let mut fonts = Database::new();
    fonts.load_font_data(font.to_vec());
    // Nothing outside the text is read.
    let none = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let family = "DejaVu Sans".to_string();
    let options = Options { font_family: family, fontdb: Arc::new(fonts), image_href_resolver: none, ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| Error::new(format!("SVG: {e}")))?;
    let [width, height] = [tree.size().width(), tree.size().height()].map(|side| (SCALE * side).ceil());
    let fits = f32::max(width, height) <= MOST;
    let pixels = fits.then(|| Pixmap::new(width as u32, height as u32)).flatten();
    let too_large = || Error::new(format!("a PNG of {width} × {height} pixels: at most {MOST} a side"));
    let mut pixels = pixels.ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::super::axes::{sheet, text, upright};
    use super::*;

    fn picture(words: &str) -> String {
        let mut out = sheet(120.0, 40.5, "#000");
        text(&mut out, [10.0, 25.0], "", words);
        out + "</svg>\n"
    }

    /// How many dark pixels there are in the box that text of the picture fills, and outside.
    fn dark(pixels: &Pixmap) -> [usize; 2] {
        let mut counts = [0, 0];
        for (i, pixel) in pixels.pixels().iter().enumerate() {
            let (x, y) = (i % pixels.width() as usize, i / pixels.width() as usize);
            let inside = (18..232).contains(&x) && (24..60).contains(&y);
            counts[usize::from(!inside)] += usize::from(pixel.red() < 100);
        }
        counts
    }

    #[test]
    fn text_is_drawn_in_the_font_of_the_crate() {
        let svg = picture("J, λ, 10⁻⁵ ≤ ∞");
        let bytes = png(&svg).expect("a picture");
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
        let side = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        assert_eq!([side(16), side(20)], [240, 81]);
        assert_eq!(png(&svg).expect("the same picture"), bytes);
        let [inside, outside] = dark(&rendered(&svg, FONT).expect("a picture"));
        assert!(inside > 300 && outside == 0, "{inside} {outside}");
        // Without the font there is no text: it comes from nowhere else.
        assert_eq!(dark(&rendered(&svg, &[]).expect("a picture")), [0, 0]);
    }

    #[test]
    fn the_font_has_what_the_pictures_need() {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        assert_eq!(fonts.faces().map(|face| face.families[0].0.as_str()).collect::<Vec<_>>(), ["DejaVu Sans"]);
        // What is missing is drawn as a box, one as the other.
        let drawn = |c: char| rendered(&picture(&c.to_string()), FONT).expect("a picture").data().to_vec();
        let missing = drawn('漢');
        assert_eq!(missing, drawn('Ж'));
        let signs = "aZ09é±½ΔΛΠΣαβδεηθκλμξπρστφψωᵢ–—‖…“”‘’⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ₀₁₂₉₊₋ℓ→⇒∂∇∈−·×√∝∞≈≠≡≤≥─�";
        for c in signs.chars() {
            assert!(drawn(c) != missing, "{c}");
        }
    }

    #[test]
    fn strange_text_and_sizes_do_not_fail() {
        for words in ["漢字 🙂 עברית", "a\u{301}\u{200d}", "", "\u{0}\u{202e}"] {
            assert!(png(&picture(words)).is_ok(), "{words:?}");
        }
        let mut tall = sheet(10.0, 4_096.0, "#000");
        upright(&mut tall, [5.0, 20.0], 30.0, "up");
        assert!(png(&(tall + "</svg>")).is_ok());
        for (width, height) in [(10.0, 4_097.0), (1e9, 10.0), (1e30, 1e30)] {
            let error = png(&(sheet(width, height, "#000") + "</svg>")).expect_err("too large").to_string();
            assert!(error.contains("8192"), "{error}");
        }
        assert!(png("<svg").is_err() && png(&(sheet(0.0, 10.0, "#000") + "</svg>")).is_err());
    }
}
