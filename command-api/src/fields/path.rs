//! Paths to fields as people read them.

/// `/lines/0/unit_price` as `lines[0].unit_price`.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::with_capacity(pointer.len());
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) && !step.is_empty() {
            path.extend(["[", &step, "]"]);
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}

/// The path of a field of what a path leads to.
pub(crate) fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Whether one path leads through the other, so that both speak of the same.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let leads_to = |from: &str, to: &str| {
        to.strip_prefix(from)
            .is_some_and(|rest| from.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    leads_to(one, other) || leads_to(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_well() {
        assert_eq!(dotted(""), "");
        assert_eq!(dotted("/lines/0/unit_price"), "lines[0].unit_price");
        assert_eq!(dotted("/a~1b/~0"), "a/b.~");
        assert_eq!(below(&dotted("/lines/2"), "quantity"), "lines[2].quantity");
        assert_eq!(below("", "quantity"), "quantity");
    }

    #[test]
    fn a_path_overlaps_what_it_leads_through() {
        assert!(overlap("lines[0].price", "lines[0]"));
        assert!(overlap("", "lines"));
        assert!(!overlap("lines[0]", "lines[1]"));
        assert!(!overlap("line", "lines"));
    }
}
