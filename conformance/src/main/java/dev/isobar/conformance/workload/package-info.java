/**
 * A tiny server and a tiny trainer that keep the workload contracts, so that a suite can be run before there is anything to serve or train.
 * They need the JDK alone: nothing else may come in.
 */
@NullMarked
package dev.isobar.conformance.workload;

import org.jspecify.annotations.NullMarked;
