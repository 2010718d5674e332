/**
 * What outlives a restart of the emulator: JSON documents, one file each, lists of them by pages, and how a folder goes. Nothing of a service or its
 * protocol may come in.
 */
@NullMarked
package dev.isobar.emulation.state;

import org.jspecify.annotations.NullMarked;
