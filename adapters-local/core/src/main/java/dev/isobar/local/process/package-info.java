/**
 * The process table: every process that Isobar starts on this machine is written down before it can be forgotten, and found again by its tag.
 * What the processes are for (endpoints, jobs) does not come in.
 */
@NullMarked
package dev.isobar.local.process;

import org.jspecify.annotations.NullMarked;
