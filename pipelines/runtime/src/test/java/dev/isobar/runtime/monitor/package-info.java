/**
 * Holds the monitors to closed forms, to naive twins and to simulations.
 * Data is generated from printed seeds.
 * No file, no clock and no network comes in.
 */
@NullMarked
package dev.isobar.runtime.monitor;

import org.jspecify.annotations.NullMarked;
