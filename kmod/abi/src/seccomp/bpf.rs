// SPDX-License-Identifier: BSD-2-Clause
//! Classic BPF over sixteen words: which programs Linux takes as filters, and what they answer.
//!
//! A program only jumps forward, so it ends after as many steps as it has instructions.

use linux_raw_sys::ptrace as linux;

use super::l_sock_filter;
use crate::errno::Errno;

/// The most instructions a program has.
pub const MOST: usize = linux::BPF_MAXINSNS as usize;
/// Words of `struct seccomp_data`.
pub const DATA_WORDS: usize = 16;
/// Words of a program's own memory.
const MEM_WORDS: usize = linux::BPF_MEMWORDS as usize;
const DATA_BYTES: u32 = 64;

/// What a program reads.
pub trait Words {
    /// A word, or `None` if that is not known.
    fn word(&self, index: usize) -> Option<u32>;
}

/// The codes of instructions.
mod op {
    use linux_raw_sys::ptrace::*;

    const fn code(parts: u32) -> u16 {
        let [a, b, ..] = parts.to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    pub(super) const LD_ABS: u16 = code(BPF_LD | BPF_W | BPF_ABS);
    pub(super) const LD_LEN: u16 = code(BPF_LD | BPF_W | BPF_LEN);
    pub(super) const LDX_LEN: u16 = code(BPF_LDX | BPF_W | BPF_LEN);
    pub(super) const LD_IMM: u16 = code(BPF_LD | BPF_IMM);
    pub(super) const LDX_IMM: u16 = code(BPF_LDX | BPF_IMM);
    pub(super) const LD_MEM: u16 = code(BPF_LD | BPF_MEM);
    pub(super) const LDX_MEM: u16 = code(BPF_LDX | BPF_MEM);
    pub(super) const ST: u16 = code(BPF_ST);
    pub(super) const STX: u16 = code(BPF_STX);
    pub(super) const RET_K: u16 = code(BPF_RET | BPF_K);
    pub(super) const RET_A: u16 = code(BPF_RET | BPF_A);
    pub(super) const TAX: u16 = code(BPF_MISC | BPF_TAX);
    pub(super) const TXA: u16 = code(BPF_MISC | BPF_TXA);
    pub(super) const NEG: u16 = code(BPF_ALU | BPF_NEG);
    pub(super) const ADD_K: u16 = code(BPF_ALU | BPF_ADD | BPF_K);
    pub(super) const ADD_X: u16 = code(BPF_ALU | BPF_ADD | BPF_X);
    pub(super) const SUB_K: u16 = code(BPF_ALU | BPF_SUB | BPF_K);
    pub(super) const SUB_X: u16 = code(BPF_ALU | BPF_SUB | BPF_X);
    pub(super) const MUL_K: u16 = code(BPF_ALU | BPF_MUL | BPF_K);
    pub(super) const MUL_X: u16 = code(BPF_ALU | BPF_MUL | BPF_X);
    pub(super) const DIV_K: u16 = code(BPF_ALU | BPF_DIV | BPF_K);
    pub(super) const DIV_X: u16 = code(BPF_ALU | BPF_DIV | BPF_X);
    pub(super) const AND_K: u16 = code(BPF_ALU | BPF_AND | BPF_K);
    pub(super) const AND_X: u16 = code(BPF_ALU | BPF_AND | BPF_X);
    pub(super) const OR_K: u16 = code(BPF_ALU | BPF_OR | BPF_K);
    pub(super) const OR_X: u16 = code(BPF_ALU | BPF_OR | BPF_X);
    pub(super) const XOR_K: u16 = code(BPF_ALU | BPF_XOR | BPF_K);
    pub(super) const XOR_X: u16 = code(BPF_ALU | BPF_XOR | BPF_X);
    pub(super) const LSH_K: u16 = code(BPF_ALU | BPF_LSH | BPF_K);
    pub(super) const LSH_X: u16 = code(BPF_ALU | BPF_LSH | BPF_X);
    pub(super) const RSH_K: u16 = code(BPF_ALU | BPF_RSH | BPF_K);
    pub(super) const RSH_X: u16 = code(BPF_ALU | BPF_RSH | BPF_X);
    pub(super) const JA: u16 = code(BPF_JMP | BPF_JA);
    pub(super) const JEQ_K: u16 = code(BPF_JMP | BPF_JEQ | BPF_K);
    pub(super) const JEQ_X: u16 = code(BPF_JMP | BPF_JEQ | BPF_X);
    pub(super) const JGT_K: u16 = code(BPF_JMP | BPF_JGT | BPF_K);
    pub(super) const JGT_X: u16 = code(BPF_JMP | BPF_JGT | BPF_X);
    pub(super) const JGE_K: u16 = code(BPF_JMP | BPF_JGE | BPF_K);
    pub(super) const JGE_X: u16 = code(BPF_JMP | BPF_JGE | BPF_X);
    pub(super) const JSET_K: u16 = code(BPF_JMP | BPF_JSET | BPF_K);
    pub(super) const JSET_X: u16 = code(BPF_JMP | BPF_JSET | BPF_X);
}

/// Whether Linux takes a program as a filter: known instructions, loads inside of the data, jumps
/// inside of the program, no constant division by 0 or shift by 32 and more, no word of memory
/// read before it is written, and a return at the end. `scratch` has room for a word for each
/// instruction. EINVAL.
pub fn check(program: &[l_sock_filter], scratch: &mut [u16]) -> Result<(), Errno> {
    if program.is_empty() || program.len() > MOST {
        return Err(Errno::EINVAL);
    }
    let mut left = program.len();
    for insn in program {
        // How many instructions follow this one.
        left = left.saturating_sub(1);
        let inside = |distance: usize| distance < left;
        let good = match insn.code {
            op::LD_ABS => insn.k < DATA_BYTES && insn.k & 3 == 0,
            op::LD_LEN | op::LDX_LEN | op::LD_IMM | op::LDX_IMM => true,
            op::RET_K | op::RET_A | op::TAX | op::TXA | op::NEG => true,
            op::ADD_K | op::SUB_K | op::MUL_K | op::AND_K | op::OR_K | op::XOR_K => true,
            op::ADD_X | op::SUB_X | op::MUL_X | op::AND_X | op::OR_X | op::XOR_X => true,
            op::DIV_X | op::LSH_X | op::RSH_X => true,
            op::DIV_K => insn.k != 0,
            op::LSH_K | op::RSH_K => insn.k < 32,
            op::LD_MEM | op::LDX_MEM | op::ST | op::STX => (insn.k as usize) < MEM_WORDS,
            op::JA => inside(insn.k as usize),
            op::JEQ_K | op::JGT_K | op::JGE_K | op::JSET_K => {
                inside(insn.jt.into()) && inside(insn.jf.into())
            }
            op::JEQ_X | op::JGT_X | op::JGE_X | op::JSET_X => {
                inside(insn.jt.into()) && inside(insn.jf.into())
            }
            _ => false,
        };
        if !good {
            return Err(Errno::EINVAL);
        }
    }
    match program.last().map(|insn| insn.code) {
        Some(op::RET_K | op::RET_A) => check_memory(program, scratch),
        _ => Err(Errno::EINVAL),
    }
}

/// Whether each word of memory that is read has been written, on whatever way one comes there.
/// `known` gets the words that are written on all ways to an instruction, one bit each.
fn check_memory(program: &[l_sock_filter], known: &mut [u16]) -> Result<(), Errno> {
    let Some(known) = known.get_mut(..program.len()) else {
        return Err(Errno::EINVAL);
    };
    known.fill(u16::MAX);
    let mut join = |at: usize, written: u16| match known.get_mut(at) {
        Some(place) => {
            *place &= written;
            *place
        }
        None => 0,
    };
    // Every way starts with nothing written.
    let mut written = 0_u16;
    let mut next = 0_usize;
    for insn in program {
        written = join(next, written);
        next = next.saturating_add(1);
        let word = 1_u16.checked_shl(insn.k).unwrap_or(0);
        match insn.code {
            op::ST | op::STX => written |= word,
            op::LD_MEM | op::LDX_MEM if written & word == 0 => return Err(Errno::EINVAL),
            op::JA => {
                join(next.saturating_add(insn.k as usize), written);
                // Nothing comes here but by another jump.
                written = u16::MAX;
            }
            op::JEQ_K
            | op::JGT_K
            | op::JGE_K
            | op::JSET_K
            | op::JEQ_X
            | op::JGT_X
            | op::JGE_X
            | op::JSET_X => {
                join(next.saturating_add(insn.jt.into()), written);
                join(next.saturating_add(insn.jf.into()), written);
                written = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Runs a program that [`check`] took. `None` where it reads a word that is not known.
#[inline(always)]
pub fn run(program: &[l_sock_filter], data: &impl Words) -> Option<u32> {
    let (mut a, mut x) = (0_u32, 0_u32);
    let mut memory = [0_u32; MEM_WORDS];
    let mut next = 0_usize;
    while let Some(insn) = program.get(next) {
        let k = insn.k;
        let jump = |taken: bool| usize::from(if taken { insn.jt } else { insn.jf });
        next = next.wrapping_add(1);
        // What filters mostly consist of.
        if insn.code == op::JEQ_K {
            next = next.wrapping_add(jump(a == k));
            continue;
        }
        let cell = k as usize % MEM_WORDS;
        match insn.code {
            op::LD_ABS => a = data.word((k / 4) as usize % DATA_WORDS)?,
            op::RET_K => return Some(k),
            op::RET_A => return Some(a),
            op::JGT_K => next = next.wrapping_add(jump(a > k)),
            op::JGE_K => next = next.wrapping_add(jump(a >= k)),
            op::JSET_K => next = next.wrapping_add(jump(a & k != 0)),
            op::JEQ_X => next = next.wrapping_add(jump(a == x)),
            op::JGT_X => next = next.wrapping_add(jump(a > x)),
            op::JGE_X => next = next.wrapping_add(jump(a >= x)),
            op::JSET_X => next = next.wrapping_add(jump(a & x != 0)),
            op::JA => next = next.wrapping_add(k as usize),
            op::LD_LEN => a = DATA_BYTES,
            op::LDX_LEN => x = DATA_BYTES,
            op::LD_IMM => a = k,
            op::LDX_IMM => x = k,
            op::LD_MEM => a = memory.get(cell).copied().unwrap_or(0),
            op::LDX_MEM => x = memory.get(cell).copied().unwrap_or(0),
            op::ST => {
                if let Some(place) = memory.get_mut(cell) {
                    *place = a;
                }
            }
            op::STX => {
                if let Some(place) = memory.get_mut(cell) {
                    *place = x;
                }
            }
            op::TAX => x = a,
            op::TXA => a = x,
            op::NEG => a = a.wrapping_neg(),
            op::ADD_K => a = a.wrapping_add(k),
            op::ADD_X => a = a.wrapping_add(x),
            op::SUB_K => a = a.wrapping_sub(k),
            op::SUB_X => a = a.wrapping_sub(x),
            op::MUL_K => a = a.wrapping_mul(k),
            op::MUL_X => a = a.wrapping_mul(x),
            op::DIV_K => a = a.checked_div(k).unwrap_or(0),
            // A division by 0 ends the program, with 0.
            op::DIV_X => match a.checked_div(x) {
                Some(quotient) => a = quotient,
                None => return Some(0),
            },
            op::AND_K => a &= k,
            op::AND_X => a &= x,
            op::OR_K => a |= k,
            op::OR_X => a |= x,
            op::XOR_K => a ^= k,
            op::XOR_X => a ^= x,
            // The processor takes five bits of the distance.
            op::LSH_K => a = a.wrapping_shl(k),
            op::LSH_X => a = a.wrapping_shl(x),
            op::RSH_K => a = a.wrapping_shr(k),
            op::RSH_X => a = a.wrapping_shr(x),
            _ => return Some(0),
        }
    }
    Some(0)
}

#[cfg(test)]
#[path = "bpf_tests.rs"]
mod tests;
