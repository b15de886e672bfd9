using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Internal;
using Amazon.S3.Model;

namespace OrthancCloudFs.Buckets.S3;

/// <summary>Sets up the SDK's client: one attempt per call, whole bodies signed, addresses as configured.</summary>
internal static class S3ClientFactory
{
    /// <summary>So many bytes of a body are read and sent at once.</summary>
    private const int SendBufferSize = 128 << 10;

    /// <exception cref="ArgumentException">The endpoint is no host and no http(s) URL, or one of the two keys is missing.</exception>
    internal static AmazonS3Client Create(S3BucketSettings settings)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = !settings.VirtualAddressing,
            MaxErrorRetry = 0, // RetryingBucket retries
            ThrottleRetries = false,
            BufferSize = SendBufferSize,
            HttpClientFactory = new S3HttpClientFactory(settings),
            // The SDK's own choice is a trailer after an aws-chunked body, which Ceph 16 and its contemporaries refuse.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (settings.Endpoint is { } endpoint)
            config.ServiceURL = EndpointUrl(endpoint).AbsoluteUri;
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        config.AuthenticationRegion = settings.Region;
        if (settings.UserAgentSuffix is { } suffix)
            config.ClientAppId = suffix;
        var sendSha256 = settings.Checksum == S3UploadChecksum.Sha256;
        return (settings.AccessKey, settings.SecretKey) switch
        {
            (null, null) => new Client(config, sendSha256),
            ({ } access, { } secret) => new Client(new BasicAWSCredentials(access, secret), config, sendSha256),
            _ => throw new ArgumentException("AccessKey and SecretKey go together.", nameof(settings)),
        };
    }

    private static Uri EndpointUrl(string endpoint)
    {
        var text = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"https://{endpoint}";
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new ArgumentException($"'{endpoint}' is no host name and no http or https URL.", nameof(endpoint));
    }

    /// <summary>The SDK's client with a changed pipeline.</summary>
    private sealed class Client : AmazonS3Client
    {
        internal Client(AmazonS3Config config, bool sendSha256)
            : base(config) => Change(sendSha256);

        internal Client(AWSCredentials credentials, AmazonS3Config config, bool sendSha256)
            : base(credentials, config) => Change(sendSha256);

        private void Change(bool sendSha256)
        {
            // It takes the MD5 of every download, and fails where an ETag is neither an MD5 nor of a multipart upload. What it does
            // besides concerns requests that are not made here. ETagHash compares where that is wanted.
            RuntimePipeline.RemoveHandler<AmazonS3ResponseHandler>();
            RuntimePipeline.AddHandlerBefore<Signer>(new Md5Header());
            if (sendSha256)
                RuntimePipeline.AddHandlerBefore<Signer>(new Sha256Header());
        }
    }

    /// <summary>
    /// "DeleteObjects" must carry a checksum. The SDK's own is a CRC, which Ceph 16 and its contemporaries do not know; every endpoint takes
    /// the MD5.
    /// </summary>
    private sealed class Md5Header : PipelineHandler
    {
        private static readonly string[] SdkHeaders = ["x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32"];

        public override Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            var request = executionContext.RequestContext.Request;
            if (executionContext.RequestContext.OriginalRequest is DeleteObjectsRequest)
            {
                foreach (var header in SdkHeaders)
                    request.Headers.Remove(header);
                request.Headers["Content-MD5"] = Convert.ToBase64String(MD5.HashData(request.ContentStream));
                request.ContentStream.Position = 0;
            }
            return base.InvokeAsync<T>(executionContext);
        }
    }

    /// <summary>
    /// Sends the hash that the signature needs anyway (the SDK computes it once per request and keeps it) as the object's checksum too.
    /// </summary>
    private sealed class Sha256Header : PipelineHandler
    {
        public override Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            var request = executionContext.RequestContext.Request;
            if (executionContext.RequestContext.OriginalRequest is PutObjectRequest && request.ComputeContentStreamHash() is { } hash)
                request.Headers["x-amz-checksum-sha256"] = Convert.ToBase64String(Convert.FromHexString(hash));
            return base.InvokeAsync<T>(executionContext);
        }
    }
}
