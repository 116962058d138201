// SPDX-License-Identifier: BSD-2-Clause
//! The text of a path, while the symbolic links in it are followed one by one.

/// How many links one path may lead through (MAXSYMLINKS of linux/namei.h).
pub const MOST_LINKS: usize = 40;

/// A component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its first byte.
    pub start: usize,
    /// The place behind its last one.
    pub end: usize,
    /// Whether nothing but the end follows; with a slash behind, it must be a folder.
    pub last: bool,
}

/// The first component at or behind `at` of a path that ends in NUL.
pub fn component(path: &[u8], at: usize) -> Option<Component> {
    let rest = path.get(at..)?;
    let start = at.checked_add(rest.iter().position(|byte| *byte != b'/')?)?;
    let name = path.get(start..)?;
    let length = name.iter().position(|byte| *byte == b'/' || *byte == 0)?;
    if length == 0 {
        return None;
    }
    let end = start.checked_add(length)?;
    Some(Component {
        start,
        end,
        last: path.get(end) == Some(&0),
    })
}

/// Puts what the link at `component` leads to in its place; an absolute target takes the place of
/// everything before it too. Gives where to go on, or `None` for a path that gets too long.
pub fn splice(path: &mut [u8], component: Component, target: &[u8]) -> Option<usize> {
    let from = if target.first() == Some(&b'/') {
        0
    } else {
        component.start
    };
    let tail = path.get(component.end..)?;
    let tail_len = tail.iter().position(|byte| *byte == 0)?.checked_add(1)?;
    let tail_end = component.end.checked_add(tail_len)?;
    let target_end = from.checked_add(target.len())?;
    if target_end.checked_add(tail_len)? > path.len() {
        return None;
    }
    path.copy_within(component.end..tail_end, target_end);
    path.get_mut(from..target_end)?.copy_from_slice(target);
    Some(from)
}

/// The number of a descriptor, as the file systems of descriptors write it.
pub fn descriptor_number(name: &[u8]) -> Option<i32> {
    if name.is_empty() || name.len() > 1 && name.first() == Some(&b'0') {
        return None;
    }
    let mut number = 0_i32;
    for byte in name {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number = number.checked_mul(10)?.checked_add(i32::from(digit))?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_descriptors() {
        assert_eq!(descriptor_number(b"0"), Some(0));
        assert_eq!(descriptor_number(b"1063"), Some(1063));
        for wrong in ["", "007", "3a", "-1", "/", "2147483648"] {
            assert_eq!(descriptor_number(wrong.as_bytes()), None, "{wrong}");
        }
    }

    fn path(text: &str) -> [u8; 32] {
        let mut path = [0; 32];
        path[..text.len()].copy_from_slice(text.as_bytes());
        path
    }

    fn parts(text: &str) -> Vec<(String, bool)> {
        let path = path(text);
        let mut at = 0;
        let mut all = Vec::new();
        while let Some(part) = component(&path, at) {
            let name = String::from_utf8_lossy(&path[part.start..part.end]).into_owned();
            all.push((name, part.last));
            at = part.end;
        }
        all
    }

    /// Slashes separate and do not count; one at the end shows.
    #[test]
    fn components() {
        assert_eq!(parts("//a/bc"), [("a".into(), false), ("bc".into(), true)]);
        assert_eq!(parts("a//"), [("a".into(), false)]);
        assert_eq!(parts("/"), []);
        assert_eq!(parts(""), []);
        assert_eq!(component(b"ab", 0), None);
        assert_eq!(component(b"ab\0", 7), None);
    }

    fn spliced(text: &str, skip: usize, target: &str) -> Option<(usize, String)> {
        let mut path = path(text);
        let mut part = component(&path, 0)?;
        for _ in 0..skip {
            part = component(&path, part.end)?;
        }
        let at = splice(&mut path, part, target.as_bytes())?;
        let end = path.iter().position(|byte| *byte == 0)?;
        Some((at, String::from_utf8_lossy(&path[..end]).into_owned()))
    }

    /// A relative target stays where the link is, an absolute one starts over.
    #[test]
    fn targets() {
        assert_eq!(spliced("/a/b/c", 1, "x/y"), Some((3, "/a/x/y/c".into())));
        assert_eq!(spliced("/a/b/c", 1, "/x"), Some((0, "/x/c".into())));
        assert_eq!(spliced("/a/b", 1, "/x/y/z"), Some((0, "/x/y/z".into())));
        assert_eq!(spliced("a/", 0, "b"), Some((0, "b/".into())));
    }

    /// What no longer fits is refused.
    #[test]
    fn too_long() {
        let long = "x".repeat(28);
        assert_eq!(spliced("/a", 0, &long), Some((1, format!("/{long}"))));
        assert_eq!(spliced("/a/b", 0, &"x".repeat(29)), None);
        assert_eq!(spliced("/a", 0, &"x".repeat(31)), None);
    }
}
