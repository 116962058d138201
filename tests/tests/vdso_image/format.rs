// SPDX-License-Identifier: BSD-2-Clause
//! The build refuses an image that a kernel could not map as it is.

use crate::{image, vdso_build};

fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = image::bytes();
    change(&mut bytes);
    vdso_build::inspect(&bytes)
        .expect_err("a damaged image must be refused")
        .to_string()
}

/// Offset of the first table entry whose first word is `kind`.
fn entry(bytes: &[u8], table: usize, size: usize, field: usize, kind: u32) -> usize {
    let read = |at: usize, len: usize| {
        let mut word = [0; 8];
        word[..len].copy_from_slice(&bytes[at..at + len]);
        usize::from_le_bytes(word)
    };
    let start = read(table, 8);
    (start..bytes.len())
        .step_by(size)
        .find(|at| read(at + field, 4) == usize::try_from(kind).expect("64-bit host"))
        .expect("the image has such an entry")
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn the_image_fits_and_ends_on_nothing_unread() {
    let bytes = image::bytes();
    assert!(bytes.len() <= 8192);
    let offsets = vdso_build::inspect(&bytes).expect("a fresh image is good");
    assert_eq!(offsets.data % 16, 0);
    // The byte unwinders look at when they subtract one from the return address.
    assert_eq!(bytes[offsets.rt_sigreturn - 1], 0x90);
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn another_folder_gives_the_same_bytes_and_offsets() {
    let again = image::build_in(&image::path().with_file_name("another folder"));
    let bytes = std::fs::read(&again).expect("the build has just written it");
    assert!(
        bytes == image::bytes(),
        "the image depends on where it is built"
    );
    let offsets = std::fs::read_to_string(again.with_file_name("vdso_offsets.rs"))
        .expect("build() writes it beside the image");
    let found = vdso_build::inspect(&bytes).expect("a fresh image is good");
    assert!(offsets.contains(&format!("VDSO_DATA: usize = {:#x};", found.data)));
    assert!(offsets.contains(&format!("RT_SIGRETURN: usize = {:#x};", found.rt_sigreturn)));
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn damaged_images_are_refused_with_a_sentence() {
    assert_eq!(
        refusal(|b| b.truncate(100)),
        "the vDSO image ends before offset 0x60 + 0x8"
    );
    assert_eq!(
        refusal(|b| b.resize(8193, 0)),
        "the vDSO image is 8193 bytes, but only 8192 are mapped"
    );
    assert_eq!(
        refusal(|b| b[18] = 3),
        "the vDSO image is not a shared object for x86-64"
    );
    // Program header: PT_LOAD made writable.
    let load = entry(&image::bytes(), 32, 56, 0, 1);
    assert_eq!(
        refusal(|b| b[load + 4] = 7),
        "the vDSO segment is not readable and executable only"
    );
    // Section header: a string table that says it is SHT_RELA.
    let strings = entry(&image::bytes(), 40, 64, 4, 3);
    assert_eq!(
        refusal(|b| b[strings + 4] = 4),
        "the vDSO image has relocations left, but nobody applies them"
    );
    let offsets = vdso_build::inspect(&image::bytes()).expect("a fresh image is good");
    assert_eq!(
        refusal(|b| b[offsets.data] = 1),
        "linux_vdso_data in the vDSO image is not zero"
    );
    assert_eq!(
        refusal(|b| b[offsets.rt_sigreturn] = 0xcc),
        "__vdso_rt_sigreturn is not the instructions unwinders look for"
    );
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn a_missing_tool_is_named() {
    let folder = image::path().with_file_name("no-tool");
    let error = vdso_build::build(&folder, &[], "/no/such/clang", "/no/such/lld")
        .expect_err("there is no such compiler");
    assert!(
        error
            .to_string()
            .starts_with("cannot compile kmod/vdso/vdso.c: /no/such/clang did not start: "),
        "{error}"
    );
}
