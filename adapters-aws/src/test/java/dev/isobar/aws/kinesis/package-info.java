/** Promises of the Kinesis stream that no conformance suite can ask for: the bytes, injected faults, resharding, ownership, sudden death. */
@NullMarked
package dev.isobar.aws.kinesis;

import org.jspecify.annotations.NullMarked;
