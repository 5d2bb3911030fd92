#ifndef DISPATCH_DISPATCH_SPOOL_PRIV_H
#define DISPATCH_DISPATCH_SPOOL_PRIV_H

/*
 * What the two files of the spool know of each other.
 */

/*
 * Counts among the senders of this spool until `index`, its open index, is
 * closed. The first of them also clears up what dead ones left in tmp/; what
 * cannot be cleared up stays for the next, with a line in the log.
 */
void spool_join(int dir, int tmp, int index);

#endif
