//! Coordinate columns, and the CRS they are in.

use soilscope_pipeline::samples::read_points;

use super::*;

fn in_crs(crs: &str) -> ReadOptions {
    ReadOptions { crs: Some(crs.into()), ..wanting("a") }
}

#[test]
fn usual_names_or_named_ones() {
    for header in [
        "x,y",
        "Easting,Northing",
        "Rechtswert,Hochwert",
        "rechts,hoch",
        "X_coord,Y_coord",
        "coord_x,coord_y",
        "POINT_X,POINT_Y",
    ] {
        let table = read_text(format!("{header},a\n1,2,3\n"), &local("a")).unwrap();
        assert_eq!(table.coords(), [[1.0, 2.0]], "{header}");
    }
    let table = read_text("lat,lon,a\n52,10,3\n", &in_crs("EPSG:4326")).unwrap();
    assert_eq!(table.coords(), [[10.0, 52.0]]);
    let named = ReadOptions { x: Some("east_of_gate".into()), y: Some("N".into()), ..local("a") };
    assert_eq!(read_text("n,East_of_gate,a\n1,2,3\n", &named).unwrap().coords(), [[2.0, 1.0]]);
    let half = ReadOptions { x: Some("e".into()), ..local("a") };
    assert!(refusal("e,n,a\n1,2,3\n", &half).contains("name both with --x and --y"));
    assert!(refusal("e,n,a\n1,2,3\n", &local("a")).contains("there are: e, n, a"));
    let typo = ReadOptions { x: Some("estaing".into()), y: Some("n".into()), ..local("a") };
    assert!(refusal("easting,n,a\n1,2,3\n", &typo).contains("did you mean 'easting'?"));
}

#[test]
fn several_pairs_need_a_word_or_a_crs_that_tells_them_apart() {
    let text = "latitude,longitude,x_5070,y_5070,a\n40,-96,0,1886977,3\n41,-96,0,1997977,4\n";
    let ambiguous = refusal(text, &wanting("a"));
    assert!(ambiguous.contains("(longitude, latitude), (x_5070, y_5070)"), "{ambiguous}");
    assert_eq!(read_text(text, &in_crs("EPSG:5070")).unwrap().coords()[0], [0.0, 1_886_977.0]);
    assert_eq!(read_text(text, &in_crs("EPSG:4326")).unwrap().coords()[0], [-96.0, 40.0]);
}

#[test]
fn the_crs_must_be_stated() {
    let text = refusal("x,y,a\n1,2,3\n", &wanting("a"));
    assert!(
        text.contains("the coordinate reference system (CRS) is not stated") && text.contains("--crs local"),
        "{text}"
    );
    let text = refusal("longitude,latitude,a\n1,2,3\n", &wanting("a"));
    assert!(text.contains("--crs EPSG:4326") && text.contains("named longitude and latitude"), "{text}");
    assert!(refusal("x,y,a\n1,2,3\n", &in_crs("EPSG:99999")).contains("unknown CRS"));
}

#[test]
fn impossible_and_missing_coordinates_are_refused_with_their_row() {
    let wgs84 = in_crs("EPSG:4326");
    let text = refusal("lon,lat,a\n10,52,1\n10,95,2\n", &wgs84);
    assert!(text.contains("line 3, column 'lat': '95' is no latitude"), "{text}");
    let text = refusal("lon,lat,a\n10,52,1\n200,52,2\n", &wgs84);
    assert!(text.contains("line 3, column 'lon': '200' is no longitude"), "{text}");
    assert!(refusal("lon,lat,a\n52,120,1\n", &wgs84).contains("are latitude and longitude swapped?"));
    assert!(refusal("lon,lat,a\n500000,5800000,1\n", &wgs84).contains("metres of a projected CRS?"));
    assert!(refusal("x,y,a\n1,2,3\n,2,3\n", &local("a")).contains("line 3, column 'x': one coordinate is missing"));
    assert!(refusal("x,y,a\n1,2,3\n,,3\n", &local("a")).contains("line 3: a sample with a value but without a place"));
    assert!(refusal("x,y,a\n1,2,3\nwest,2,3\n", &local("a")).contains("'west' is not a number"));
    assert!(refusal("x,y,a\n1,2,3\n1e999,2,3\n", &local("a")).contains("finite"));
    assert_eq!(read_text("x,y,a\n1,2,3\n,,\n,,NA\n2,2,4\n", &local("a")).unwrap().lines(), [2, 5]);
    let degrees = refusal("lon,lat,a\n10,52,1\n10,53,2\n", &in_crs("EPSG:3035"));
    assert!(degrees.contains("hold degrees, but the CRS EPSG:3035"), "{degrees}");
    let swapped = ReadOptions { x: Some("lat".into()), y: Some("lon".into()), ..wgs84 };
    assert!(refusal("lon,lat,a\n10,52,1\n", &swapped).contains("looks swapped"));
}

#[test]
fn points_keep_all_their_columns() {
    let scratch = Scratch::new("t.csv", "name;X;Y;note\nA;1,5;2;\"kept; as is\"\nB;3;4; blank \n");
    let points = read_points(&scratch.path, &ReadOptions::default()).unwrap();
    assert_eq!(points.header(), ["name", "X", "Y", "note"]);
    assert_eq!(points.cells(0).collect::<Vec<_>>(), ["A", "1,5", "2", "kept; as is"]);
    assert_eq!(points.cells(1).collect::<Vec<_>>(), ["B", "3", "4", " blank "]);
    assert_eq!((points.coords(), points.lines()), (&[[1.5, 2.0], [3.0, 4.0]][..], &[2, 3][..]));
    assert!(points.crs().is_none() && !points.is_named_geographic() && points.len() == 2);
    let scratch = Scratch::new("t.csv", "x,y\n1,2\n,\n3,\n");
    let refused = read_points(&scratch.path, &ReadOptions::default()).unwrap_err();
    assert!(plain(&refused).contains("line 4, column 'y'"), "{refused}");
}
