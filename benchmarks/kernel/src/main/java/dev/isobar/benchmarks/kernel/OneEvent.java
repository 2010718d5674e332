package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.cards.CardKernel;
import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Exact;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.features.FeaturePlan;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The small things, one at a time, with JMH: {@code java -cp 'benchmarks/kernel/target/*:benchmarks/kernel/target/lib/*' org.openjdk.jmh.Main}. The state is
 * that after a day and a half of the workload; questions are about the cards and times that come next.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx4g", "-XX:+UseParallelGC"})
public class OneEvent {
    private static final int BEFORE = 1_000_000;
    private static final int ASKED = 1 << 14;

    private final double[] vector = new double[Features.SIZE];
    private final Workload workload = Workload.published(BEFORE + ASKED, true);
    private CardKernel kernel = new CardKernel(FeaturePlan.compile(CardPipeline.spec(false)));
    private Loop loop = new Loop(Workload.CARDS);
    private long numerator = (1L << 60) + 12_345;

    /** Plays the day and a half. */
    @Setup(Level.Trial)
    public void play() {
        for (int i = 0; i < BEFORE; i++) {
            kernel.read(workload, i);
            kernel.evaluate(workload.availableTime()[i], vector);
            kernel.accept();
            kernel.advance(workload.availableTime()[i]);
            loop.evaluate(workload.card()[i], workload.eventTime()[i], workload.availableTime()[i], vector);
            loop.accept(
                    workload.id()[i],
                    workload.card()[i],
                    workload.eventTime()[i],
                    workload.availableTime()[i],
                    workload.cents()[i]);
        }
    }

    /** A vector of our kernel. */
    @Benchmark
    @OperationsPerInvocation(ASKED)
    public double kernelVector() {
        double sum = 0;
        for (int i = BEFORE; i < BEFORE + ASKED; i++) {
            kernel.read(workload, i);
            kernel.evaluate(workload.availableTime()[i], vector);
            sum += vector[0];
        }
        return sum;
    }

    /** A vector of the loop. */
    @Benchmark
    @OperationsPerInvocation(ASKED)
    public double loopVector() {
        double sum = 0;
        for (int i = BEFORE; i < BEFORE + ASKED; i++) {
            loop.evaluate(workload.card()[i], workload.eventTime()[i], workload.availableTime()[i], vector);
            sum += vector[0];
        }
        return sum;
    }

    /** A quotient beyond 53 bits, rounded once. */
    @Benchmark
    public double exactRatio() {
        return Exact.ratio(numerator++, 59_000L * 58_999);
    }
}
