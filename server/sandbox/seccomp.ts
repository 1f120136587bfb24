/**
 * A seccomp filter as classic BPF, made in TypeScript so that no native code is needed. It refuses what
 * a build or a test never needs and an escape does: tracing and reading other processes, io_uring, keys,
 * bpf, mounts, new namespaces, terminal injection, and sockets of families that reach out of the sandbox.
 * Refused calls fail with EPERM (ENOSYS for io_uring and clone3, so that runtimes fall back).
 */
export function seccompFilter(arch: string): Buffer | undefined {
  const table = arch === 'x64' ? x64 : arch === 'arm64' ? arm64 : undefined;
  if (table === undefined) return undefined;
  const code: Instruction[] = [
    // The numbers below mean something on one architecture alone; a call from another one ends the process.
    load(offset.arch),
    jumpUnless(table.audit, 1, killProcess),
    load(offset.number),
  ].flat();
  // The x32 calls of x64 share the architecture's name and have other numbers.
  if (arch === 'x64') code.push([0x35, 0, 1, 0x40000000], [ret, 0, 0, errno(eperm)]);
  for (const number of table.refused) code.push([jeq, 0, 1, number], [ret, 0, 0, errno(eperm)]);
  for (const number of table.absent) code.push([jeq, 0, 1, number], [ret, 0, 0, errno(enosys)]);
  // clone: no CLONE_NEW* flag in the low word of the first argument.
  code.push(
    [jeq, 0, 4, table.clone],
    ...load(offset.argument(0)),
    [jset, 0, 1, newNamespaces],
    [ret, 0, 0, errno(eperm)],
    ...load(offset.number),
  );
  // ioctl: neither TIOCSTI nor TIOCLINUX.
  code.push(
    [jeq, 0, 5, table.ioctl],
    ...load(offset.argument(1)),
    [jeq, 1, 0, 0x5412],
    [jeq, 0, 1, 0x541c],
    [ret, 0, 0, errno(eperm)],
    ...load(offset.number),
  );
  // socket: only the families a build uses among its own processes and on the sandbox's own loopback
  // (Unix, IPv4, IPv6), and netlink's routing protocol, which lists network interfaces.
  code.push(
    [jeq, 0, 8, table.socket],
    ...load(offset.argument(0)),
    [jeq, 6, 0, 1],
    [jeq, 5, 0, 2],
    [jeq, 4, 0, 10],
    [jeq, 0, 2, 16],
    ...load(offset.argument(2)),
    [jeq, 1, 0, 0],
    [ret, 0, 0, errno(eafnosupport)],
  );
  code.push([ret, 0, 0, allow]);
  return Buffer.concat(code.map(encode));
}

/** code, jump if true, jump if false, constant. */
type Instruction = readonly [code: number, yes: number, no: number, k: number];

const jeq = 0x15;
const jset = 0x45;
const ret = 0x06;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (code: number): number => 0x00050000 | code;
const eperm = 1;
const enosys = 38;
const eafnosupport = 97;
/** CLONE_NEWTIME (0x80) is left out: its bit belongs to the exit signal in clone's flags. */
const newNamespaces = 0x7e020000;

/** Offsets in the kernel's `struct seccomp_data`, little-endian. */
const offset = { number: 0, arch: 4, argument: (index: number) => 16 + 8 * index };

const load = (at: number): Instruction[] => [[0x20, 0, 0, at]];
const jumpUnless = (value: number, over: number, action: number): Instruction[] => [
  [jeq, over, 0, value],
  [ret, 0, 0, action],
];

function encode([code, yes, no, k]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(yes, 2);
  bytes.writeUInt8(no, 3);
  bytes.writeUInt32LE(k >>> 0, 4);
  return bytes;
}

interface Table {
  /** AUDIT_ARCH_*. */
  readonly audit: number;
  readonly clone: number;
  readonly ioctl: number;
  readonly socket: number;
  readonly refused: readonly number[];
  readonly absent: readonly number[];
}

/** From the kernel's arch/x86/entry/syscalls/syscall_64.tbl. */
const x64: Table = {
  audit: 0xc000003e,
  clone: 56,
  ioctl: 16,
  socket: 41,
  refused: [
    101, // ptrace
    310,
    311, // process_vm_readv, process_vm_writev
    312, // kcmp
    438, // pidfd_getfd
    440, // process_madvise
    248,
    249,
    250, // add_key, request_key, keyctl
    321, // bpf
    298, // perf_event_open
    323, // userfaultfd
    165,
    166,
    155,
    161, // mount, umount2, pivot_root, chroot
    428,
    429,
    430,
    431,
    432,
    433,
    442, // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
    272,
    308, // unshare, setns
    175,
    313,
    176, // init_module, finit_module, delete_module
    246,
    320, // kexec_load, kexec_file_load
    167,
    168,
    169, // swapon, swapoff, reboot
    304, // open_by_handle_at
    300, // fanotify_init
    103, // syslog
    179, // quotactl
    163, // acct
  ],
  absent: [425, 426, 427, 435], // io_uring_setup, io_uring_enter, io_uring_register, clone3
};

/** From the kernel's include/uapi/asm-generic/unistd.h; written down, not run. */
const arm64: Table = {
  audit: 0xc00000b7,
  clone: 220,
  ioctl: 29,
  socket: 198,
  refused: [
    117, 270, 271, 272, 438, 440, 217, 218, 219, 280, 241, 282, 40, 39, 41, 51, 428, 429, 430, 431, 432, 433,
    442, 97, 268, 105, 273, 106, 104, 294, 224, 225, 142, 265, 262, 116, 60, 89,
  ],
  absent: [425, 426, 427, 435],
};
