package dev.isobar.emulator.aws;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.ScalableTargets;
import dev.isobar.emulator.aws.scaling.MetricAlarms;
import dev.isobar.emulator.aws.scaling.ScalableResources;
import dev.isobar.emulator.aws.scaling.ScalingService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Application Auto Scaling between SageMaker, whose endpoints it scales, and CloudWatch, whose metrics say how. */
public final class ScaledEndpoints {
    private ScaledEndpoints() {}

    /**
     * Starts to scale the endpoints of a SageMaker by the metrics of a CloudWatch, in CloudWatch's time: tests give that a shorter minute.
     *
     * @param folder where targets, policies and activities are kept
     * @return the service, to be asked and, before SageMaker, to be closed
     */
    public static ScalingService open(
            String region, String account, Path folder, SageMaker sageMaker, CloudWatchService cloudWatch)
            throws IOException {
        ScalingService scaling = new ScalingService(
                region,
                account,
                folder,
                variants(sageMaker),
                alarms(cloudWatch),
                cloudWatch.clock(),
                cloudWatch.minute());
        sageMaker.scaledBy(new ScalableTargets() {
            @Override
            public boolean registered(String resource) {
                return scaling.registered(resource);
            }

            @Override
            public void deregister(String resource) {
                scaling.release(resource);
            }
        });
        scaling.start();
        return scaling;
    }

    private static ScalableResources variants(SageMaker sageMaker) {
        return new ScalableResources() {
            @Override
            public Optional<Capacity> find(String resource) {
                return sageMaker
                        .variant(resource)
                        .map(variant -> new Capacity(variant.inService(), variant.instances(), variant.failure()));
            }

            @Override
            public void change(String resource, int capacity) {
                sageMaker.scale(resource, capacity);
            }
        };
    }

    /** CloudWatch as target tracking sees it. */
    static MetricAlarms alarms(CloudWatchService cloudWatch) {
        return new MetricAlarms() {
            @Override
            public String put(ObjectNode alarm) {
                return cloudWatch.putAlarm(alarm);
            }

            @Override
            public void delete(List<String> names) {
                cloudWatch.deleteAlarms(names);
            }

            @Override
            public OptionalDouble breach(String name) {
                return cloudWatch.breach(name);
            }
        };
    }
}
