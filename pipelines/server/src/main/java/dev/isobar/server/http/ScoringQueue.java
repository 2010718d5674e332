package dev.isobar.server.http;

import dev.isobar.event.Row;
import dev.isobar.server.http.Scorer.Scored;
import dev.isobar.server.http.Scorer.Scoring;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for a scoring thread, at most so many. A thread takes one, and with it whatever else waits up to the batch's size: nobody waits for
 * company, so that a batch costs no latency and grows with the load. Thread safe.
 */
final class ScoringQueue {
    private final BlockingQueue<Job> waiting;
    private final List<Thread> threads = new ArrayList<>();
    private final int capacity;
    private final int batch;
    private final ServerMetrics metrics;
    private volatile boolean stopped;

    /** A request that is to be scored, and who wants to know. */
    interface Job {
        Scorer scorer();

        ScoringRequest request();

        /** The request's own predictions, on a scoring thread. */
        void scored(List<Scored> predictions, CompletionStage<@Nullable Void> recorded);

        void failed(RuntimeException cause);
    }

    /** @param batch most requests in one call; 0 for what the scorer prefers */
    ScoringQueue(int threadCount, int capacity, int batch, ServerMetrics metrics) {
        this.capacity = capacity;
        this.batch = batch;
        this.metrics = metrics;
        this.waiting = new ArrayBlockingQueue<>(capacity);
        DefaultThreadFactory factory = new DefaultThreadFactory("isobar-score", true);
        for (int i = 0; i < threadCount; i++) {
            Thread thread = factory.newThread(this::run);
            threads.add(thread);
            thread.start();
        }
    }

    /** @throws Refusal 429 if no more may wait */
    void add(Job job) {
        if (!waiting.offer(job)) {
            throw new Refusal(
                    429,
                    "THROTTLED",
                    "All scoring threads are busy and " + capacity + " requests wait already.",
                    "Wait as long as Retry-After says, then send it again.");
        }
    }

    void stop() {
        stopped = true;
        threads.forEach(Thread::interrupt);
    }

    private void run() {
        List<Job> jobs = new ArrayList<>();
        while (!stopped) {
            try {
                Job first = waiting.take();
                jobs.add(first);
                int most = batch == 0 ? first.scorer().preferredBatch() : batch;
                if (most > 1) {
                    waiting.drainTo(jobs, most - 1);
                }
            } catch (InterruptedException e) {
                // Only stop() interrupts.
                continue;
            }
            if (jobs.size() > 1) {
                together(jobs);
            } else {
                alone(jobs.get(0));
            }
            jobs.get(0).scorer().flush();
            jobs.clear();
        }
    }

    static void alone(Job job) {
        Scoring scoring;
        try {
            scoring = job.scorer().score(job.request().rows(), job.request().predictionIds());
            checked(scoring, job.request().rows().size());
        } catch (RuntimeException e) {
            job.failed(e);
            return;
        }
        job.scored(scoring.predictions(), scoring.recorded());
    }

    private void together(List<Job> jobs) {
        List<Row> rows = new ArrayList<>();
        List<@Nullable String> ids = new ArrayList<>();
        for (Job job : jobs) {
            rows.addAll(job.request().rows());
            ids.addAll(job.request().predictionIds());
        }
        Scoring scoring;
        try {
            scoring = jobs.get(0).scorer().score(rows, ids);
            checked(scoring, rows.size());
        } catch (RuntimeException e) {
            // One of them is at fault, and the others shall not pay for it.
            jobs.forEach(ScoringQueue::alone);
            return;
        }
        metrics.batch(jobs.size());
        int from = 0;
        for (Job job : jobs) {
            int to = from + job.request().rows().size();
            job.scored(scoring.predictions().subList(from, to), scoring.recorded());
            from = to;
        }
    }

    private static void checked(Scoring scoring, int rows) {
        if (scoring.predictions().size() != rows) {
            throw new IllegalStateException(
                    "the scorer gave " + scoring.predictions().size() + " scores for " + rows + " rows");
        }
        for (Scored s : scoring.predictions()) {
            if (!Double.isFinite(s.probability())) {
                throw new IllegalStateException("the scorer gave " + s.probability() + " for " + s.predictionId());
            }
        }
    }
}
