/**
 * A file for the part of a kernel's state that memory has no room for. It lives as long as its kernel and is no checkpoint: nothing is ever read from it by another
 * process. Ports and steps may not come in.
 */
@NullMarked
package dev.isobar.runtime.spill;

import org.jspecify.annotations.NullMarked;
