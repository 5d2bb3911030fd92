#ifndef DISPATCH_DISPATCH_NODELAY_H
#define DISPATCH_DISPATCH_NODELAY_H

/*
 * nodelay - how a library that hides its sockets connects
 *
 * Between begin and end every connect(2) of the calling thread, be it ours or
 * a library's, sets TCP_NODELAY before and gives up with ETIMEDOUT after
 * connect_timeout_ms. Outside, and in all other threads, connect() is the
 * system's.
 *
 *	nodelay_begin(NODELAY_CONNECT_MS);
 *	... the library connects ...
 *	nodelay_end();
 *
 * It works by a connect() of our own (nodelay/connect.c), which must lie in
 * the executable itself; whoever links the target `dispatch` has it there.
 *
 * Thread rule: the state is the calling thread's own. Pairs do not nest.
 */

enum { NODELAY_CONNECT_MS = 10 * 1000 };

void nodelay_begin(int connect_timeout_ms);
void nodelay_end(void);

/*
 * The socket that this thread connected last between begin and end; -1: none
 * since begin. It is the library's: to look at, and only while that has it.
 */
int nodelay_socket(void);

#endif
