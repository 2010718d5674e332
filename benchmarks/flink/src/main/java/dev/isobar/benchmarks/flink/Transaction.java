package dev.isobar.benchmarks.flink;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.CopyableValue;

/** A transaction that writes itself: Flink's fastest way across its network stack, which a keyed stream has to cross. */
public final class Transaction implements CopyableValue<Transaction> {
    private static final int BYTES = 36;

    long id;
    int card;
    long eventTime;
    long availableTime;
    long cents;

    @Override
    public int getBinaryLength() {
        return BYTES;
    }

    @Override
    public void copyTo(Transaction to) {
        to.id = id;
        to.card = card;
        to.eventTime = eventTime;
        to.availableTime = availableTime;
        to.cents = cents;
    }

    @Override
    public Transaction copy() {
        Transaction t = new Transaction();
        copyTo(t);
        return t;
    }

    @Override
    public void copy(DataInputView from, DataOutputView to) throws IOException {
        to.write(from, BYTES);
    }

    @Override
    public void write(DataOutputView out) throws IOException {
        out.writeLong(id);
        out.writeInt(card);
        out.writeLong(eventTime);
        out.writeLong(availableTime);
        out.writeLong(cents);
    }

    @Override
    public void read(DataInputView in) throws IOException {
        id = in.readLong();
        card = in.readInt();
        eventTime = in.readLong();
        availableTime = in.readLong();
        cents = in.readLong();
    }
}
