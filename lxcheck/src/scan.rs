// SPDX-License-Identifier: BSD-2-Clause
//! The system calls of a file that is not run: each `syscall` instruction, and the number that is
//! loaded before it. A number that comes from elsewhere, as in Go's syscall.Syscall, is not seen.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use iced_x86::{
    Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register,
};
use object::{Object, ObjectSection, ReadCache, SectionKind};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// How often each number is loaded for a `syscall` instruction.
    pub(crate) numbers: BTreeMap<u32, u64>,
    /// How many `syscall` instructions have a number from elsewhere.
    pub(crate) hidden: u64,
}

/// Scans the code of a file.
pub(crate) fn scan(path: &Path) -> Result<Scan> {
    let name = path.display().to_string();
    let cache = ReadCache::new(std::fs::File::open(path).with_context(|| name.clone())?);
    let file = object::File::parse(&cache).with_context(|| name.clone())?;
    let mut scan = Scan::default();
    for section in file.sections() {
        if section.kind() == SectionKind::Text {
            scan.code(section.data().with_context(|| name.clone())?);
        }
    }
    Ok(scan)
}

impl Scan {
    /// Goes through instructions in a row; eax is known from a `mov` or `xor` to the next change.
    fn code(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
        let mut factory = InstructionInfoFactory::new();
        let mut instruction = Instruction::default();
        let mut eax = None;
        while decoder.can_decode() {
            decoder.decode_out(&mut instruction);
            if instruction.mnemonic() == Mnemonic::Syscall {
                match eax {
                    Some(number) => *self.numbers.entry(number).or_default() += 1,
                    None => self.hidden += 1,
                }
                eax = None;
            } else if let Some(number) = loads_eax(&instruction) {
                eax = Some(number);
            } else if eax.is_some() && changes_eax(&instruction, &mut factory) {
                eax = None;
            }
        }
    }
}

/// The constant that an instruction puts into eax or rax.
fn loads_eax(instruction: &Instruction) -> Option<u32> {
    let to = instruction.op0_register();
    if instruction.op0_kind() != OpKind::Register || !matches!(to, Register::EAX | Register::RAX) {
        return None;
    }
    match instruction.mnemonic() {
        Mnemonic::Mov => match instruction.op1_kind() {
            OpKind::Immediate32 | OpKind::Immediate32to64 | OpKind::Immediate64 => {
                u32::try_from(instruction.immediate(1)).ok()
            }
            _ => None,
        },
        Mnemonic::Xor | Mnemonic::Sub if instruction.op1_register() == to => Some(0),
        _ => None,
    }
}

fn changes_eax(instruction: &Instruction, factory: &mut InstructionInfoFactory) -> bool {
    use iced_x86::FlowControl;
    let leaves = matches!(
        instruction.flow_control(),
        FlowControl::Return
            | FlowControl::Call
            | FlowControl::IndirectCall
            | FlowControl::UnconditionalBranch
    );
    leaves
        || factory
            .info(instruction)
            .used_registers()
            .iter()
            .any(|used| {
                used.register().full_register() == Register::RAX
                    && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(code: &[u8]) -> (Vec<u32>, u64) {
        let mut scan = Scan::default();
        scan.code(code);
        (scan.numbers.into_keys().collect(), scan.hidden)
    }

    /// `mov eax, 39; syscall`, `xor eax, eax; syscall`, and `mov rax, 60` with a move between.
    #[test]
    fn constants() {
        assert_eq!(numbers(&[0xb8, 39, 0, 0, 0, 0x0f, 5]), (vec![39], 0));
        assert_eq!(numbers(&[0x31, 0xc0, 0x0f, 5]), (vec![0], 0));
        let exit = [0x48, 0xc7, 0xc0, 60, 0, 0, 0, 0x48, 0x89, 0xd7, 0x0f, 5];
        assert_eq!(numbers(&exit), (vec![60], 0));
    }

    /// `mov rax, rdi; syscall`, and a constant that is overwritten.
    #[test]
    fn numbers_from_elsewhere() {
        assert_eq!(numbers(&[0x48, 0x89, 0xf8, 0x0f, 5]), (vec![], 1));
        let over = [0xb8, 39, 0, 0, 0, 0x48, 0x89, 0xf8, 0x0f, 5];
        assert_eq!(numbers(&over), (vec![], 1));
        assert_eq!(numbers(&[0xb8, 39, 0, 0, 0, 0xc3, 0x0f, 5]), (vec![], 1));
    }
}
