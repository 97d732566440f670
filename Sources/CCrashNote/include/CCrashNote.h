#ifndef CCRASHNOTE_H
#define CCRASHNOTE_H

// A dying process notes the signal that killed it, and the frame that the crashing thread was working on.
//
// A line per thread that crashed is appended to a file that was opened beforehand: `<signal> <kind> <frame>\n`. Kinds:
//   fault     the processor or the kernel raised the signal in this thread
//   self      the process sent it to itself: abort(), a failed check of the C library or of Swift's runtime
//   watchdog  SIGABRT of the service manager while a frame was known to be stuck; that frame is named
//   hardware  SIGBUS of a failing memory module
//   sent      any other process sent it
// The frame is `-` if none is to blame: always for the last two.

/// Room for a frame's id, its end included.
enum { CCN_FRAME_SIZE = 32 };

/// Opens (and makes) the file at `path`, reserves room in it, and installs the handlers of SIGSEGV, SIGBUS, SIGILL,
/// SIGFPE, SIGABRT and SIGTRAP. They write the note, call the previous handler (Swift's backtraces), and raise the
/// signal again with its default action: core dump and exit status stay as they were. Returns 0, or the errno of the
/// failure.
int ccn_open(const char *path);

/// Stops noting.
void ccn_close(void);

/// Lets the fatal signals reach the calling thread, and gives it a stack of its own for them, freed when the thread
/// ends: a stack that overflowed cannot run a handler. Returns 0, or an errno.
int ccn_prepare_thread(void);

/// Sets the calling thread's name in core dumps and /proc; the first 15 bytes count.
void ccn_name_thread(const char *name);

/// Sets the frame that the calling thread works on; NULL for none. Costs a copy of a few bytes.
void ccn_work_on(const char *frame);

/// Copies the frame that the calling thread works on, for a thread that helps it.
void ccn_copy_frame(char frame[CCN_FRAME_SIZE]);

/// Sets the frame that keeps the watchdog from being fed; NULL for none. One thread calls it.
void ccn_stuck_on(const char *frame);

/// Forwards each of these signals to the calling thread, which blocks them and waits for them with sigwait, whichever
/// thread of the process the kernel gives it to. A library's threads that ran before any of ours do not block them, and
/// the default action there would end the process.
void csf_forward_here(const int *signals, int count);

#endif
