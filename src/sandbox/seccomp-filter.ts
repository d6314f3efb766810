/**
 * The seccomp program for bubblewrap's `--add-seccomp-fd`, in the kernel's binary form. It refuses what namespaces do not cover: key
 * rings, sockets to the hypervisor, typing into a terminal, the memory and the open files of another process (the first one of the
 * sandbox has the same user), memory that belongs to no process and so counts for nobody, and the calls by which kernels are attacked
 * and no test suite needs.
 * `undefined` on a processor whose call numbers are not listed here.
 */
export function seccompFilter(architecture: string = process.arch): Buffer | undefined {
  const known = architectures[architecture];
  if (known === undefined) return undefined;
  const program = [
    load(architectureOffset),
    ...unless(known.audit, [answer(killProcess)]),
    load(numberOffset),
    // Another set of numbers for the same calls.
    ...(architecture === 'x64' ? atLeast(x32Bit, refused) : []),
    ...known.refused.flatMap(number => when(number, [refused])),
    ...known.hiddenMemory.flatMap(number => when(number, [unknownCall])),
    // Databases have one of these, and it is small.
    ...when(known.shmget, [
      load(argumentOffset(1)),
      ...atLeast(largestSegment, refused),
      load(argumentOffset(1) + 4),
      ...atLeast(1, refused),
      allowed,
    ]),
    ...when(known.socket, [
      load(argumentOffset(0)),
      ...allowedFamilies.flatMap(family => when(family, [allowed])),
      refused,
    ]),
    ...when(known.ioctl, [
      load(argumentOffset(1)),
      ...typingRequests.flatMap(request => when(request, [refused])),
      allowed,
    ]),
    allowed,
  ];
  return Buffer.concat(program);
}

interface Numbers {
  /** What the kernel calls the processor. */
  readonly audit: number;
  readonly socket: number;
  readonly ioctl: number;
  readonly shmget: number;
  /** memfd_create memfd_secret vmsplice */
  readonly hiddenMemory: readonly number[];
  readonly refused: readonly number[];
}

// keyctl add_key request_key · bpf perf_event_open userfaultfd · io_uring_setup/enter/register · kexec_load kexec_file_load ·
// init_module delete_module finit_module · mount umount2 pivot_root swapon swapoff reboot · settimeofday clock_settime clock_adjtime
// adjtimex · acct quotactl quotactl_fd · open_by_handle_at lookup_dcookie syslog setns vhangup · open_tree move_mount fsopen
// fsconfig fsmount fspick mount_setattr · pidfd_getfd process_madvise · ptrace process_vm_readv process_vm_writev kcmp · on x64 also
// iopl ioperm
const refusedEverywhere = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443];
const architectures: Readonly<Record<string, Numbers | undefined>> = {
  x64: {
    audit: 0xc000003e,
    socket: 41,
    ioctl: 16,
    shmget: 29,
    hiddenMemory: [319, 447, 278],
    refused: [
      ...[250, 248, 249, 321, 298, 323, 246, 320, 175, 176, 313, 165, 166, 155, 167, 168, 169, 164, 227, 305, 159],
      ...[163, 179, 304, 212, 103, 308, 153, 172, 173, 101, 310, 311, 312],
      ...refusedEverywhere,
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    socket: 198,
    ioctl: 29,
    shmget: 194,
    hiddenMemory: [279, 447, 75],
    refused: [
      ...[219, 217, 218, 280, 241, 282, 104, 294, 105, 106, 273, 40, 39, 41, 224, 225, 142, 170, 112, 266, 171],
      ...[89, 60, 265, 18, 116, 268, 58, 117, 270, 271, 272],
      ...refusedEverywhere,
    ],
  },
};

// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: what a network namespace covers.
const allowedFamilies = [1, 2, 10, 16];
// TIOCSTI, TIOCLINUX.
const typingRequests = [0x5412, 0x541c];
const x32Bit = 0x40000000;

const numberOffset = 0;
const architectureOffset = 4;
// Of the 64 bits of an argument the lower half, which is what these calls look at.
const argumentOffset = (index: number): number => 16 + 8 * index;

const killProcess = 0x80000000;
const permissionDenied = 0x00050000 | 1;
const allowed = answer(0x7fff0000);
const refused = answer(permissionDenied);
// Programs then take a file in a temporary folder, which is counted.
const unknownCall = answer(0x00050000 | 38);
const largestSegment = 65_536;

/** One `struct sock_filter`. */
function instruction(code: number, onTrue: number, onFalse: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(onTrue, 2);
  bytes.writeUInt8(onFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

function load(offset: number): Buffer {
  return instruction(0x20, 0, 0, offset);
}

function answer(value: number): Buffer {
  return instruction(0x06, 0, 0, value);
}

function when(value: number, block: readonly Buffer[]): Buffer[] {
  return [instruction(0x15, 0, block.length, value), ...block];
}

function unless(value: number, block: readonly Buffer[]): Buffer[] {
  return [instruction(0x15, block.length, 0, value), ...block];
}

function atLeast(value: number, then: Buffer): Buffer[] {
  return [instruction(0x35, 0, 1, value), then];
}
