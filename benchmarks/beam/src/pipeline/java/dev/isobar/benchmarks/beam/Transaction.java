package dev.isobar.benchmarks.beam;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;

/**
 * What travels to a key.
 *
 * @param id number of the transaction
 * @param eventTime microseconds
 * @param availableTime microseconds
 * @param cents amount
 */
public record Transaction(long id, long eventTime, long availableTime, long cents) {
    /** Four longs. */
    public static final class Coder extends AtomicCoder<Transaction> {
        private static final long serialVersionUID = 1;

        @Override
        public void encode(Transaction t, OutputStream to) throws IOException {
            DataOutputStream out = new DataOutputStream(to);
            out.writeLong(t.id);
            out.writeLong(t.eventTime);
            out.writeLong(t.availableTime);
            out.writeLong(t.cents);
        }

        @Override
        public Transaction decode(InputStream from) throws IOException {
            DataInputStream in = new DataInputStream(from);
            return new Transaction(in.readLong(), in.readLong(), in.readLong(), in.readLong());
        }
    }
}
