//! The export of everything that is stored about a customer.

mod contents;
mod large;
mod tables;

use crate::harness::fixtures::PASSWORD;
use crate::harness::{Server, TestBrowser};
use opendrs_client::ClientResponse;
use opendrs_domain::export::ExportKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// An archive: its document, and the rows of its tables.
struct Archive {
    document: Value,
    tables: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// All of it as text.
    text: String,
}

impl Archive {
    /// Opens a download, and checks that document and tables have the same records with the documented columns.
    #[track_caller]
    fn open(reply: &ClientResponse) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), "application/zip");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.header("content-disposition").starts_with("attachment; filename=\"my-data-"));
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
        Self::parse(&reply.body)
    }

    #[track_caller]
    fn parse(bytes: &[u8]) -> Self {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let (mut files, mut text) = (BTreeMap::new(), String::new());
        for n in 0..zip.len() {
            let (mut file, mut content) = (zip.by_index(n).unwrap(), String::new());
            file.read_to_string(&mut content).unwrap();
            text.push_str(&content);
            files.insert(file.name().unwrap().into_owned(), content);
        }
        let document: Value = serde_json::from_str(&files.remove("customer.json").unwrap()).unwrap();
        let tables = files.into_iter().map(|(name, content)| {
            let name = name.strip_suffix(".csv").unwrap().to_owned();
            let content = content.strip_prefix('\u{feff}').expect("a byte order mark");
            let mut table = csv::Reader::from_reader(content.as_bytes());
            (name, table.deserialize().collect::<Result<_, _>>().unwrap())
        });
        let archive = Self { document, tables: tables.collect(), text };
        let names: Vec<_> = archive.tables.keys().map(String::as_str).collect();
        let mut wanted: Vec<_> = ExportKind::ALL.iter().map(|kind| kind.file_name()).collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        for kind in ExportKind::ALL {
            archive.check_kind(kind);
        }
        archive
    }

    fn check_kind(&self, kind: ExportKind) {
        let (records, rows) = (self.records(kind), self.rows(kind));
        assert_eq!(records.len(), rows.len(), "{kind:?}");
        let mut columns = kind.columns().to_vec();
        columns.sort_unstable();
        for (record, row) in records.iter().zip(rows) {
            let keys: Vec<_> = record.keys().map(String::as_str).collect();
            assert_eq!(keys, columns, "{kind:?}");
            assert_eq!(row.keys().map(String::as_str).collect::<Vec<_>>(), columns, "{kind:?}");
        }
    }

    /// The records of a kind in the document.
    fn records(&self, kind: ExportKind) -> Vec<&Map<String, Value>> {
        match &self.document[kind.key()] {
            Value::Object(one) => vec![one],
            Value::Array(records) => records.iter().map(|record| record.as_object().unwrap()).collect(),
            other => panic!("{kind:?}: {other}"),
        }
    }

    fn rows(&self, kind: ExportKind) -> &[BTreeMap<String, String>] {
        &self.tables[kind.file_name()]
    }
}

impl TestBrowser {
    /// Asks for the export on the account's page, with a password.
    async fn ask_for_export(&mut self, password: &str) -> &mut Self {
        self.go_to("/account").await;
        let form = self.form("/account/export").fill("password", password);
        self.submit(&form).await
    }
}

impl Server {
    /// The export of a customer, who signs in for it.
    async fn export(&self, email: &str) -> Archive {
        let mut visit = TestBrowser::signed_in(self, email).await;
        visit.ask_for_export(PASSWORD).await;
        Archive::open(&visit.page)
    }
}
