/**
 * The server under load and what a user would pick instead, each a process of its own, and the process that asks them and checks every answer.
 * Peers are written as their own documentation shows, with the one thing that helps them most: features come from a map.
 * Nothing of the product depends on this.
 */
@NullMarked
package dev.isobar.benchmarks.server;

import org.jspecify.annotations.NullMarked;
