// SPDX-License-Identifier: BSD-2-Clause

use super::super::{AnyArguments, Data};
use super::*;

fn check(program: &[l_sock_filter]) -> Result<(), Errno> {
    super::check(program, &mut vec![0; program.len()])
}

fn stmt(code: u16, k: u32) -> l_sock_filter {
    jump(code, k, 0, 0)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> l_sock_filter {
    l_sock_filter { code, jt, jf, k }
}

const INVALID: Result<(), Errno> = Err(Errno::EINVAL);
const ALLOW: u32 = 0x7fff_0000;

fn data(nr: u32) -> Data {
    Data::new(nr, 0x40_1000, &[10, 20, 30, 40, 50, 60])
}

fn answer(program: &[l_sock_filter]) -> u32 {
    assert_eq!(check(program), Ok(()), "{program:?}");
    run(program, &data(39)).unwrap()
}

/// The shape of a program.
#[test]
fn shape() {
    assert_eq!(check(&[]), INVALID);
    assert_eq!(check(&[stmt(op::RET_K, ALLOW)]), Ok(()));
    assert_eq!(check(&[stmt(op::LD_ABS, 0)]), INVALID);
    assert_eq!(check(&vec![stmt(op::RET_K, 0); MOST]), Ok(()));
    assert_eq!(check(&vec![stmt(op::RET_K, 0); MOST + 1]), INVALID);
}

/// Instructions of packet filters, and unknown ones, are refused.
#[test]
fn instructions() {
    let with = |insn| check(&[insn, stmt(op::RET_K, 0)]);
    assert_eq!(with(stmt(op::LD_ABS, 60)), Ok(()));
    assert_eq!(with(stmt(op::LD_ABS, 64)), INVALID);
    assert_eq!(with(stmt(op::LD_ABS, 2)), INVALID);
    assert_eq!(with(stmt(op::LD_ABS, (-4096_i32).cast_unsigned())), INVALID);
    // Half words, bytes, relative loads, the remainder, codes that are none.
    for code in [0x28, 0x30, 0x40, 0x50, 0xb1, 0x94, 0x9c, 0x0e, 0xff, 0x106] {
        assert_eq!(with(stmt(code, 1)), INVALID, "{code:#x}");
    }
    assert_eq!(with(stmt(op::DIV_K, 0)), INVALID);
    assert_eq!(with(stmt(op::LSH_K, 32)), INVALID);
    assert_eq!(with(stmt(op::RSH_K, 31)), Ok(()));
    assert_eq!(with(stmt(op::ST, 16)), INVALID);
}

/// Jumps stay inside.
#[test]
fn jumps() {
    let ret = stmt(op::RET_K, 1);
    assert_eq!(check(&[stmt(op::JA, 0), ret]), Ok(()));
    assert_eq!(check(&[stmt(op::JA, 1), ret]), INVALID);
    assert_eq!(check(&[stmt(op::JA, u32::MAX), ret]), INVALID);
    assert_eq!(check(&[jump(op::JEQ_K, 0, 0, 1), ret, ret]), Ok(()));
    assert_eq!(check(&[jump(op::JEQ_K, 0, 2, 0), ret, ret]), INVALID);
    assert_eq!(check(&[jump(op::JEQ_X, 0, 0, 2), ret, ret]), INVALID);
}

/// Memory is read only after it is written.
#[test]
fn memory() {
    let ret = stmt(op::RET_A, 0);
    assert_eq!(check(&[stmt(op::LD_MEM, 3), ret]), INVALID);
    let stored = [stmt(op::LD_IMM, 7), stmt(op::ST, 3), stmt(op::LDX_MEM, 3)];
    let whole = [stored[0], stored[1], stored[2], stmt(op::TXA, 0), ret];
    assert_eq!(answer(&whole), 7);
    // Written on one of two ways only.
    let half = [
        jump(op::JEQ_K, 0, 0, 1),
        stmt(op::ST, 3),
        stmt(op::LD_MEM, 3),
        ret,
    ];
    assert_eq!(check(&half), INVALID);
    let both = [
        jump(op::JEQ_K, 0, 0, 2),
        stmt(op::ST, 3),
        stmt(op::JA, 1),
        stmt(op::STX, 3),
        stmt(op::LD_MEM, 3),
        ret,
    ];
    assert_eq!(check(&both), Ok(()));
    // What nobody comes to may read anything.
    assert_eq!(check(&[stmt(op::JA, 1), stmt(op::LD_MEM, 3), ret]), Ok(()));
}

/// Arithmetic is that of 32 bits.
#[test]
fn arithmetic() {
    let with = |code, k| {
        answer(&[
            stmt(op::LD_IMM, 6),
            stmt(op::LDX_IMM, 3),
            stmt(code, k),
            stmt(op::RET_A, 0),
        ])
    };
    assert_eq!((with(op::ADD_K, u32::MAX), with(op::ADD_X, 0)), (5, 9));
    assert_eq!((with(op::SUB_K, 7), with(op::SUB_X, 0)), (u32::MAX, 3));
    assert_eq!((with(op::MUL_K, 1 << 31), with(op::MUL_X, 0)), (0, 18));
    assert_eq!((with(op::DIV_K, 4), with(op::DIV_X, 0)), (1, 2));
    assert_eq!((with(op::AND_K, 2), with(op::AND_X, 0)), (2, 2));
    assert_eq!((with(op::OR_K, 1), with(op::OR_X, 0)), (7, 7));
    assert_eq!((with(op::XOR_K, 2), with(op::XOR_X, 0)), (4, 5));
    assert_eq!((with(op::LSH_K, 4), with(op::LSH_X, 0)), (96, 48));
    assert_eq!((with(op::RSH_K, 1), with(op::RSH_X, 0)), (3, 0));
    assert_eq!(with(op::NEG, 0), (-6_i32).cast_unsigned());
    let by_zero = [
        stmt(op::LD_IMM, 6),
        stmt(op::DIV_X, 0),
        stmt(op::RET_K, ALLOW),
    ];
    assert_eq!(answer(&by_zero), 0);
    assert_eq!(answer(&[stmt(op::LD_LEN, 0), stmt(op::RET_A, 0)]), 64);
}

/// A filter as programs write it, and what is known of a call by its number.
#[test]
fn a_filter() {
    let program = [
        stmt(op::LD_ABS, 4),
        jump(op::JEQ_K, 0xc000_003e, 1, 0),
        stmt(op::RET_K, 0x8000_0000),
        stmt(op::LD_ABS, 0),
        jump(op::JEQ_K, 39, 0, 1),
        stmt(op::RET_K, ALLOW),
        jump(op::JEQ_K, 1, 0, 3),
        stmt(op::LD_ABS, 16),
        jump(op::JEQ_K, 10, 0, 1),
        stmt(op::RET_K, 0x0005_0001),
        stmt(op::RET_K, 0x0005_0002),
    ];
    assert_eq!(check(&program), Ok(()));
    assert_eq!(run(&program, &data(39)), Some(ALLOW));
    assert_eq!(run(&program, &data(1)), Some(0x0005_0001));
    assert_eq!(run(&program, &data(2)), Some(0x0005_0002));
    assert_eq!(run(&program, &AnyArguments(39)), Some(ALLOW));
    assert_eq!(run(&program, &AnyArguments(1)), None);
    assert_eq!(run(&program, &AnyArguments(2)), Some(0x0005_0002));
}

/// A generator of numbers, the same at each run (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }
}

/// A slow and plain machine to compare with, by instruction number. `None`: more steps than there
/// are instructions, or out of the program.
fn plain(program: &[l_sock_filter], words: &[u32; 16]) -> Option<u32> {
    let (mut a, mut x, mut m, mut pc) = (0_u32, 0_u32, [0_u32; 16], 0_usize);
    for _ in 0..program.len() {
        let i = program.get(pc)?;
        pc += 1;
        let operand = if i.code & 8 == 0 { i.k } else { x };
        match (i.code & 7, i.code & 0xf0) {
            (0, 0x20) => a = words[i.k as usize / 4],
            (0, 0x80) => a = 64,
            (1, 0x80) => x = 64,
            (0, 0) => a = i.k,
            (1, 0) => x = i.k,
            (0, 0x60) => a = m[i.k as usize],
            (1, 0x60) => x = m[i.k as usize],
            (2, _) => m[i.k as usize] = a,
            (3, _) => m[i.k as usize] = x,
            (6, 0) => return Some(i.k),
            (6, _) => return Some(a),
            (7, 0) => x = a,
            (7, _) => a = x,
            (4, 0x00) => a = a.wrapping_add(operand),
            (4, 0x10) => a = a.wrapping_sub(operand),
            (4, 0x20) => a = a.wrapping_mul(operand),
            (4, 0x30) if operand == 0 => return Some(0),
            (4, 0x30) => a /= operand,
            (4, 0x40) => a |= operand,
            (4, 0x50) => a &= operand,
            (4, 0x60) => a <<= operand & 31,
            (4, 0x70) => a >>= operand & 31,
            (4, 0x80) => a = 0_u32.wrapping_sub(a),
            (4, 0xa0) => a ^= operand,
            (5, 0) => pc += i.k as usize,
            (5, kind) => {
                let taken = match kind {
                    0x10 => a == operand,
                    0x20 => a > operand,
                    0x30 => a >= operand,
                    _ => a & operand != 0,
                };
                pc += usize::from(if taken { i.jt } else { i.jf });
            }
            _ => unreachable!("{i:?}"),
        }
    }
    None
}

/// A million random programs are refused or run, to the same end as on the plain machine.
#[test]
fn random_programs() {
    const CODES: [u16; 43] = [
        0x20, 0x80, 0x81, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x06, 0x16, 0x07, 0x87, 0x84, 0x04,
        0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c,
        0x74, 0x7c, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x20, 0x15,
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..1_000_000 {
        let len = 1 + random.below(24) as usize;
        let mut program = Vec::with_capacity(len + 1);
        for _ in 0..len {
            // One in a hundred is anything at all.
            let wild = random.below(100) == 0;
            let code = if wild {
                random.next() as u16
            } else {
                CODES[random.below(CODES.len() as u32) as usize]
            };
            let k = match random.below(8) {
                0 if wild => random.next(),
                1 => random.below(32),
                _ => {
                    random.below(16) * 4
                        % if code & 7 == 2 || code & 7 == 3 || code & 0xe0 == 0x60 {
                            16
                        } else {
                            64
                        }
                }
            };
            let (jt, jf) = (random.below(4) as u8, random.below(4) as u8);
            program.push(jump(code, k, jt, jf));
        }
        if round % 8 != 0 {
            program.push(stmt(op::RET_A, 0));
        }
        if check(&program).is_err() {
            refused += 1;
            continue;
        }
        taken += 1;
        let args: [u64; 6] =
            core::array::from_fn(|_| u64::from(random.next()) << 32 | u64::from(random.next()));
        let nr = random.below(480);
        let input = Data::new(nr, args[0] ^ args[1], &args);
        let answer = run(&program, &input);
        let words = core::array::from_fn(|i| input.word(i).unwrap());
        assert_eq!(answer, plain(&program, &words), "{program:?}");
        if let Some(known) = run(&program, &AnyArguments(nr)) {
            assert_eq!(answer, Some(known), "{program:?}");
        }
    }
    // Both happen, or the test says nothing.
    assert!(taken > 50_000 && refused > 50_000, "{taken} {refused}");
}
