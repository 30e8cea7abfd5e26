//! What people build dashboards with, tried on a running server: programs in
//! TypeScript, in the folder `tests/clients`.

mod dashboard;
mod documented;
mod follow;
mod linter;
mod pager;

use std::sync::LazyLock;

use tests::{Client, Database, Node, Served, Serving};

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// A database, and the services on it.
struct Site {
    // Ends before its database.
    served: Served,
    _database: Database,
}

impl Site {
    async fn start(with: impl FnOnce(Serving) -> Serving) -> Self {
        let database = Database::new().await.unwrap();
        let served = with(Serving::new(PROGRAM, &database.url));
        let served = tokio::task::block_in_place(|| served.start().unwrap());
        Self { served, _database: database }
    }

    fn client(&self) -> Client {
        self.served.client(0)
    }
}

/// The folder of programs, built: types are generated from the committed
/// schema, and checked.
fn programs() -> &'static Node {
    static BUILT: LazyLock<Node> = LazyLock::new(|| {
        let node = Node::installed("clients").unwrap();
        let _turn = node.turn().unwrap();
        node.tool("graphql-codegen", &["--config", "codegen.yml"]).unwrap();
        node.tool("tsc", &[]).unwrap();
        node
    });
    tokio::task::block_in_place(|| &*BUILT)
}
