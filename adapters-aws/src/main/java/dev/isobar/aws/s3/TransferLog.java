package dev.isobar.aws.s3;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.transfer.s3.progress.TransferListener;

/** Says how far a large transfer is, at every tenth of it. Thread safe. */
final class TransferLog implements TransferListener {
    private static final Logger LOG = LoggerFactory.getLogger(TransferLog.class);

    /** Below this nobody waits long enough to wonder. Bytes. */
    private static final long LARGE = 64L << 20;

    private static final int STEPS = 10;

    private final String what;
    private int said;

    TransferLog(String what) {
        this.what = what;
    }

    @Override
    public void bytesTransferred(Context.BytesTransferred context) {
        context.progressSnapshot().totalBytes().ifPresent(total -> {
            if (total >= LARGE) {
                say(context.progressSnapshot().transferredBytes(), total);
            }
        });
    }

    private synchronized void say(long done, long total) {
        int step = (int) (done * STEPS / total);
        if (step > said) {
            said = step;
            LOG.info("{}: {} of {} MiB", what, done >> 20, total >> 20);
        }
    }
}
