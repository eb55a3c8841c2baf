//! Small pictures drawn by code: what stands for an X-ray in a demonstration.

use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write;

/// Side of the picture, in pixels.
const SIDE: usize = 160;
/// Shades of grey that are kept: few, so that the file is small.
const SHADES: f32 = 24.0;

/// An invented chest picture, a little different for every `variant`, as a PNG file.
pub fn chest(variant: u32) -> Vec<u8> {
    let lean = (variant % 13) as f32 / 13.0 - 0.5;
    let size = 0.9 + (variant / 13 % 7) as f32 * 0.03;
    let mut rows = Vec::with_capacity(SIDE * (SIDE + 1));
    for row in 0..SIDE {
        // Each row of a PNG starts with its filter: none.
        rows.push(0);
        for column in 0..SIDE {
            let x = (column as f32 / SIDE as f32 - 0.5) * 2.0;
            let y = (row as f32 / SIDE as f32 - 0.5) * 2.0;
            rows.push(shade(x, y, lean, size));
        }
    }
    grey_png(SIDE as u32, SIDE as u32, &rows)
}

fn shade(x: f32, y: f32, lean: f32, size: f32) -> u8 {
    let body = 1.0 - (x * x / 0.85 + (y - 0.1) * (y - 0.1) / 0.95);
    if body <= 0.0 {
        return frame(x, y);
    }
    let lung =
        |side: f32| 1.0 - ((x - side * 0.38).powi(2) / (0.075 * size) + (y + 0.02).powi(2) / (0.36 * size));
    let is_lung = lung(-1.0) > 0.0 || lung(1.0) > 0.0;
    let spine = if x.abs() < 0.07 { 0.35 } else { 0.0 };
    let bow = y + x * x * 0.5 + lean * 0.05;
    let rib = if (bow * 9.0).rem_euclid(1.0) < 0.28 && y < 0.62 { 0.16 } else { 0.0 };
    let heart = if (x - 0.12).powi(2) / 0.05 + (y - 0.28).powi(2) / 0.08 < 1.0 { 0.22 } else { 0.0 };
    let base = if is_lung { 0.16 } else { 0.48 };
    let light = (base + spine + rib + heart + body * 0.1).min(0.98);
    ((light * SHADES).floor() / SHADES * 255.0) as u8
}

/// A light bar in the top left corner, where a real picture carries its marker.
fn frame(x: f32, y: f32) -> u8 {
    if x < -0.8 && y < -0.9 { 200 } else { 8 }
}

/// An 8-bit grey PNG from rows that each start with their filter byte.
fn grey_png(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // 8 bits, grey, deflate, adaptive filters, not interlaced.
    header.extend([8, 0, 0, 0, 0]);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(5));
    encoder.write_all(rows).expect("memory takes every byte");
    let data = encoder.finish().expect("memory takes every byte");
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"tEXt", b"Comment\0DEMO, invented picture");
    chunk(&mut png, b"IDAT", &data);
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(kind);
    png.extend(data);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    png.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::{SIDE, chest};
    use flate2::{Crc, read::ZlibDecoder};
    use std::io::Read;

    #[test]
    fn every_chunk_has_its_length_and_sum() {
        let png = chest(5);
        let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let mut crc = Crc::new();
            crc.update(&rest[4..8 + length]);
            let sum = u32::from_be_bytes(rest[8 + length..12 + length].try_into().unwrap());
            assert_eq!(crc.sum(), sum);
            kinds.push(String::from_utf8(rest[4..8].to_vec()).unwrap());
            if &rest[4..8] == b"IDAT" {
                let mut pixels = Vec::new();
                ZlibDecoder::new(&rest[8..8 + length]).read_to_end(&mut pixels).unwrap();
                assert_eq!(pixels.len(), SIDE * (SIDE + 1));
                assert!(pixels.iter().max() > Some(&150), "something is drawn");
            }
            rest = &rest[12 + length..];
        }
        assert_eq!(kinds, ["IHDR", "tEXt", "IDAT", "IEND"]);
        assert!(png.len() < 12_000, "{}", png.len());
    }

    #[test]
    fn variants_differ() {
        assert_ne!(chest(1), chest(2));
        assert_eq!(chest(3), chest(3));
    }
}
