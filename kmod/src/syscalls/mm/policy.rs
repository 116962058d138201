// SPDX-License-Identifier: BSD-2-Clause
//! set_mempolicy(2), get_mempolicy(2), mbind(2), migrate_pages(2), move_pages(2), on the one node that a
//! FreeBSD machine is to Linux programs.
//!
//! FreeBSD: domainset(9) could tell more, but nothing else shows a program the domains.
//! Differences from Linux: a policy of mbind(2) is checked and fulfilled, but get_mempolicy(2) tells the
//! thread's policy there; a page that the process has not used since it was moved counts as
//! not there.

use kpi::kern::advice::{page_at, populate};
use kpi::kern::cred::may_set_priorities;
use kpi::kern::mem::{MAX_USER, is_mapped};
use kpi::kern::remote::Remote;
use kpi::{Cx, Errno, Result, UserArrayIn, UserArrayOut, UserOut};
use linux_abi::mempolicy::{self, MoveFlags, Nodes, Policy, Question};
use linux_abi::mman::PAGE_SIZE;

/// Reads a mask of nodes. EINVAL for one that is too long; EFAULT.
fn nodes(cx: &mut Cx<'_>, mask: Option<UserArrayIn<u64>>, maxnode: u64) -> Result<Nodes> {
    let mut nodes = Nodes::default();
    let Some(mask) = mask.filter(|_| maxnode != 1) else {
        return Ok(nodes);
    };
    let bits = mempolicy::mask_bits(maxnode)?;
    for index in 0..bits.div_ceil(64) {
        // CAST: a mask has at most 512 words.
        let word = mask.read_at(cx, index as usize)?;
        let word = mempolicy::masked_word(word, index, bits);
        if index == 0 {
            nodes.first = word;
        } else {
            nodes.more |= word != 0;
        }
    }
    Ok(nodes)
}

/// Sets the thread's policy. EINVAL for unknown modes and for nodes that are not there; EFAULT.
pub(crate) fn set_mempolicy(
    cx: &mut Cx<'_>,
    mode: i32,
    nmask: Option<UserArrayIn<u64>>,
    maxnode: u64,
) -> Result<()> {
    let nodes = nodes(cx, nmask, maxnode)?;
    let policy = mempolicy::policy(mode, nodes)?;
    cx.thread_state().memory_policy.set(policy);
    Ok(())
}

/// Tells a policy, a node, or which nodes there are. EINVAL for what cannot be asked; EFAULT for an
/// address where nothing is mapped.
pub(crate) fn get_mempolicy(
    cx: &mut Cx<'_>,
    policy: Option<UserOut<i32>>,
    nmask: Option<UserArrayOut<u64>>,
    maxnode: u64,
    addr: u64,
    flags: u64,
) -> Result<()> {
    let mine = cx.thread_state().memory_policy.get();
    let mut nodes = mine.nodes;
    let told = match mempolicy::question(nmask.is_some(), maxnode, addr, flags)? {
        Question::Mine => mine.mode.cast_signed(),
        Question::Of(addr) => {
            mapped_page(cx, addr)?;
            mine.mode.cast_signed()
        }
        Question::NodeOf(addr) => {
            let page = mapped_page(cx, addr)?;
            // "If the page ... has not yet been allocated, ... will allocate a page as if the thread had
            // performed a read" (get_mempolicy(2)).
            populate(cx, page, page.saturating_add(PAGE_SIZE), false).map_err(|_| Errno::EFAULT)?;
            0
        }
        Question::Next if mine.interleaves() => 0,
        Question::Next => return Err(Errno::EINVAL.into()),
        Question::Allowed => {
            nodes = 1;
            0
        }
    };
    if let Some(policy) = policy {
        policy.write(cx, &told)?;
    }
    if let Some(mask) = nmask {
        let bytes = mempolicy::mask_bytes(maxnode)?;
        for index in 0..bytes / 8 {
            let word = if index == 0 { nodes } else { 0 };
            // CAST: a mask has at most 512 words.
            mask.write_at(cx, index as usize, &word)?;
        }
    }
    Ok(())
}

/// The page that holds an address. EFAULT where nothing is mapped.
fn mapped_page(cx: &mut Cx<'_>, addr: u64) -> Result<u64> {
    let page = addr.wrapping_sub(addr % PAGE_SIZE);
    let end = page.saturating_add(PAGE_SIZE);
    if end > MAX_USER || !is_mapped(cx, page, end) {
        return Err(Errno::EFAULT.into());
    }
    Ok(page)
}

/// Checks MPOL_MF_ flags. EINVAL; EPERM for what only the privileged may.
fn move_flags(cx: &Cx<'_>, flags: u32, known: MoveFlags) -> Result<()> {
    let flags = mempolicy::move_flags(flags)?;
    if !known.contains(flags) {
        return Err(Errno::EINVAL.into());
    }
    if flags.contains(MoveFlags::MPOL_MF_MOVE_ALL) && !may_set_priorities(cx) {
        return Err(Errno::EPERM.into());
    }
    Ok(())
}

/// Sets the policy of a range, which every page fulfils. EINVAL; EFAULT for a hole; EPERM.
pub(crate) fn mbind(
    cx: &mut Cx<'_>,
    start: u64,
    len: u64,
    mode: u64,
    nmask: Option<UserArrayIn<u64>>,
    maxnode: u64,
    flags: u32,
) -> Result<()> {
    let nodes = nodes(cx, nmask, maxnode)?;
    move_flags(cx, flags, MoveFlags::all())?;
    let range = mempolicy::bound_range(start, len)?;
    // CAST: an int to Linux, too.
    let _: Policy = mempolicy::policy(mode as i32, nodes)?;
    match range {
        Some((start, end)) if end > MAX_USER || !is_mapped(cx, start, end) => {
            Err(Errno::EFAULT.into())
        }
        _ => Ok(()),
    }
}

/// Moves a process's pages to other nodes: how many could not be moved, which is none. EINVAL for nodes
/// that are not there; ESRCH, EPERM, EFAULT.
pub(crate) fn migrate_pages(
    cx: &mut Cx<'_>,
    pid: i32,
    maxnode: u64,
    old_nodes: Option<UserArrayIn<u64>>,
    new_nodes: Option<UserArrayIn<u64>>,
) -> Result<i32> {
    nodes(cx, old_nodes, maxnode)?;
    let new = nodes(cx, new_nodes, maxnode)?;
    if pid != 0 {
        Remote::with(cx, pid, |_, _| Ok(()))?;
    }
    if new.first & 1 == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(0)
}

/// Moves pages to nodes, or tells on which they are: each one's node, or -errno. ENODEV for a node that is
/// not there; EINVAL, EFAULT, ESRCH, EPERM.
pub(crate) fn move_pages(
    cx: &mut Cx<'_>,
    pid: i32,
    nr_pages: u64,
    pages: UserArrayIn<u64>,
    nodes: Option<UserArrayIn<i32>>,
    status: UserArrayOut<i32>,
    flags: i32,
) -> Result<()> {
    let known = MoveFlags::MPOL_MF_MOVE | MoveFlags::MPOL_MF_MOVE_ALL;
    move_flags(cx, flags.cast_unsigned(), known)?;
    if pid == 0 || pid == cx.pid() {
        return move_own_pages(cx, nr_pages, &pages, nodes.as_ref(), &status, page_at);
    }
    Remote::with(cx, pid, |cx, process| {
        let page_at = |_: &Cx<'_>, addr| process.page_at(addr);
        move_own_pages(cx, nr_pages, &pages, nodes.as_ref(), &status, page_at)
    })
}

fn move_own_pages(
    cx: &mut Cx<'_>,
    count: u64,
    pages: &UserArrayIn<u64>,
    nodes: Option<&UserArrayIn<i32>>,
    status: &UserArrayOut<i32>,
    page_at: impl Fn(&Cx<'_>, u64) -> Option<bool>,
) -> Result<()> {
    let said = |errno: Errno| errno.to_linux().raw().wrapping_neg();
    for index in 0..count {
        let index = usize::try_from(index).map_err(|_| Errno::EFAULT)?;
        let addr = pages.read_at(cx, index)?;
        if let Some(nodes) = nodes
            && nodes.read_at(cx, index)? != 0
        {
            return Err(Errno::ENODEV.into());
        }
        let told = match page_at(cx, addr) {
            Some(true) => 0,
            Some(false) => said(Errno::ENOENT),
            None => said(Errno::EFAULT),
        };
        status.write_at(cx, index, &told)?;
    }
    Ok(())
}
