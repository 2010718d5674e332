package dev.isobar.aws.client;

/** The services that the adapter calls. */
public enum AwsService {
    ATHENA("athena"),
    AUTOSCALING("autoscaling"),
    CLOUDWATCH("cloudwatch"),
    DYNAMODB("dynamodb"),
    KINESIS("kinesis"),
    LOGS("logs"),
    S3("s3"),
    SAGEMAKER("sagemaker"),
    SAGEMAKER_RUNTIME("sagemaker-runtime"),
    STS("sts");

    private final String key;

    AwsService(String key) {
        this.key = key;
    }

    /** The configuration key of its endpoint, below {@code endpoint.}. */
    public String key() {
        return key;
    }
}
