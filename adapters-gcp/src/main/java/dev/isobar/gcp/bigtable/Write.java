package dev.isobar.gcp.bigtable;

import java.util.UUID;

/**
 * Names the cells of one attempt to write, and of no other: an attempt that is repeated has another name, so that what arrives late of the first one is
 * never taken for a part of the second.
 *
 * @param stretch some writes of one writer, none of which was given up
 * @param number from 1, without gaps within the stretch
 */
record Write(UUID stretch, long number) {
    Write next() {
        return new Write(stretch, number + 1);
    }

    static Write first() {
        return new Write(UUID.randomUUID(), 1);
    }
}
