//! Separators, decimal signs, encodings, headers, line numbers.

use soilscope_pipeline::samples::{Decimal, Encoding};

use super::*;

#[test]
fn every_separator_and_decimal_sign() {
    for (separator, decimal, sign) in [
        (',', '.', Decimal::Point),
        (';', ',', Decimal::Comma),
        ('\t', ',', Decimal::Comma),
        ('|', '.', Decimal::Point),
    ] {
        let text = "x,y,lead\n1.5,2.5,10.25\n3.5,4.5,< 0.1\n5.5,6.5,7\n".to_owned();
        let text: String = text
            .chars()
            .map(|c| {
                if c == ',' {
                    separator
                } else if c == '.' {
                    decimal
                } else {
                    c
                }
            })
            .collect();
        let table = read_text(&text, &local("lead")).unwrap();
        assert_eq!(table.source().separator, Some(separator));
        assert_eq!(table.source().decimal, Some(sign));
        assert_eq!(table.coords(), [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]]);
        assert_eq!(readings(&table), ["10.25", "<0.1", "7"]);
        assert_eq!(table.lines(), [2, 3, 4]);
    }
}

#[test]
fn quoted_decimal_commas_between_commas() {
    let table = read_text("x,y,lead\n\"1,5\",\"2,5\",\"0,25\"\n\"3,5\",\"4,5\",\"1,125\"\n", &local("lead")).unwrap();
    assert_eq!(table.coords()[0], [1.5, 2.5]);
    assert_eq!(readings(&table), ["0.25", "1.125"]);
}

#[test]
fn every_encoding() {
    let text = "x;y;Größe;µ\n1;2;3,5;4\n5;6;7,5;8\n";
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        let bytes = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        let mut all: Vec<u8> = if mark { bytes(0xfeff).to_vec() } else { vec![] };
        units.for_each(|u| all.extend(bytes(u)));
        all
    };
    let latin: Vec<u8> = text.chars().map(|c| c as u32 as u8).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (marked, Encoding::Utf8Marked),
        (utf16(false, true), Encoding::Utf16Le),
        (utf16(true, true), Encoding::Utf16Be),
        (utf16(false, false), Encoding::Utf16Le),
        (utf16(true, false), Encoding::Utf16Be),
        (latin, Encoding::Windows1252),
    ] {
        let table = read_text(&bytes, &local("Größe,µ")).unwrap();
        assert_eq!(table.source().encoding, Some(encoding));
        assert_eq!(readings(&table), ["3.5", "7.5"]);
    }
}

#[test]
fn line_numbers_survive_line_ends_blank_lines_comments_and_quotes() {
    let lines = |text: &str| read_text(text, &local("a")).unwrap().lines().to_vec();
    assert_eq!(lines("x,y,a\r\n1,1,1\r\n\r\n2,2,2\r\n"), [2, 4]);
    assert_eq!(lines("x,y,a\r1,1,1\r2,2,2\r"), [2, 3]);
    assert_eq!(lines("# made by the laboratory\n\nx,y,a\n1,1,1\n,,\n2,2,2"), [4, 6]);
    assert_eq!(lines("sep=;\nx;y;a\n1;1;1\n"), [3]);
    assert_eq!(lines("x,y,a,note\n1,1,1,\"two\nlines\"\n2,2,2,\n"), [2, 4]);
}

#[test]
fn what_is_no_table_is_refused_with_a_remedy() {
    let of = |text: &[u8]| refusal(text, &local("a"));
    assert!(of(b"").contains("is empty"), "{}", of(b""));
    assert!(of(b"x,y,a\n").contains("has a header but no rows"));
    assert!(of(b"1,2,3\n4,5,6\n").contains("begins with numbers"));
    assert!(of(b"no columns here\n1\n").contains("has no columns"));
    assert!(of(b"PK\x03\x04....").contains("spreadsheet"));
    assert!(of(b"x,y,a\n1,2,3\n\0\0\0").contains("NUL"));
    assert_eq!(
        of(b"x,y,a\n1,2,3\n4,5\n"),
        "t.csv, line 3: has 2 columns, but the header has 3; the line may be cut off, or hold an unclosed '\"'"
    );
    let extra = of(b"x,y,a\n1,2,3\n1,5,2,5,3\n");
    assert!(extra.contains("line 3: has 5 columns") && extra.contains("';'"), "{extra}");
    let missing = read_samples(Path::new("/nowhere/t.csv"), &local("a")).unwrap_err();
    assert_eq!(missing.to_string(), "/nowhere/t.csv: there is no such file");
    assert!(read_samples(Path::new("/tmp"), &local("a")).unwrap_err().to_string().contains("folder"));
}

#[test]
fn two_columns_of_one_name_are_refused_where_it_matters() {
    assert!(refusal("x,y,a,a\n1,2,3,4\n", &local("a")).contains("several columns could be the analyte 'a'"));
    assert!(read_text("x,y,a,b,b\n1,2,3,4,5\n", &local("a")).is_ok());
}

#[test]
fn a_million_rows_are_not_needed_to_read_the_shipped_file() {
    let options = ReadOptions { crs: Some("EPSG:28992".into()), ..wanting("zinc,Lead") };
    let table = read_samples(&shipped("meuse.csv"), &options).unwrap();
    assert_eq!((table.source().rows, table.lines()[154]), (155, 156));
    assert_eq!(table.coords()[0], [181_072.0, 333_611.0]);
    assert_eq!(table.analytes().len(), 2);
    assert_eq!(table.analyte("lead").unwrap().readings()[0], Reading::Measured(Measurement::Quantified(299.0)));
}
