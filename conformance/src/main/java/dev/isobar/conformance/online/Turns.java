package dev.isobar.conformance.online;

import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;

/** Whose request is next is drawn: the JVM's scheduler alone interleaves too coarsely. A client calls it before each request. Thread safe. */
public final class Turns {
    private final Random random;
    private final ReentrantLock lock = new ReentrantLock(true);

    /** Drawn with that seed. */
    public Turns(long seed) {
        this.random = new Random(seed);
    }

    /** Lets others go first, or not. */
    public void pass() {
        int yields;
        synchronized (random) {
            yields = random.nextInt(4);
        }
        for (int i = 0; i < yields; i++) {
            // a fair lock lets everyone else go first
            lock.lock();
            lock.unlock();
        }
    }
}
