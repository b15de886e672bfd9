using Amazon.S3;
using Amazon.S3.Transfer;
using Azure.Storage.Blobs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.Benchmarks.Transfer;

/// <summary>A provider's server, reached through a longer line or directly: by the SDK's own transfer utility, and by the mount.</summary>
internal abstract class TransferTarget : IAsyncDisposable
{
    private readonly DelayProxy _line;

    private protected TransferTarget(int port, TimeSpan delay) => _line = new DelayProxy(port, delay);

    public abstract string Name { get; }

    /// <summary>The mount's section of the configuration, to which encryption is added.</summary>
    public abstract (string Name, string Keys) Section { get; }

    protected int Port => _line.Port;

    /// <summary>The SDK's upload of a whole file, with its defaults.</summary>
    public abstract Task UploadAsync(string file, CancellationToken cancellationToken);

    /// <summary>The SDK's download into a file, with its defaults.</summary>
    public abstract Task DownloadAsync(string file, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => _line.DisposeAsync();

    public static async Task<TransferTarget> CreateAsync(CephGateway ceph, TimeSpan delay) =>
        new S3Target(ceph, (await ceph.CreateBucketAsync().ConfigureAwait(false)).BucketName, delay);

    public static async Task<TransferTarget> CreateAsync(AzuriteServer azurite, TimeSpan delay) =>
        new AzureTarget(azurite, (await azurite.CreateContainerAsync().ConfigureAwait(false)).ContainerName, delay);

    private sealed class S3Target : TransferTarget
    {
        private const string Key = "reference";

        private readonly CephGateway _ceph;
        private readonly string _bucket;
        private readonly AmazonS3Client _client;
        private readonly TransferUtility _utility;

        public S3Target(CephGateway ceph, string bucket, TimeSpan delay)
            : base(ceph.Port, delay)
        {
            (_ceph, _bucket) = (ceph, bucket);
            _client = new AmazonS3Client(ceph.AccessKey, ceph.SecretKey, new AmazonS3Config
            {
                ServiceURL = $"http://127.0.0.1:{Port}",
                AuthenticationRegion = CephGateway.Region,
                ForcePathStyle = true,
                // This gateway's age refuses the SDK's own choice.
                RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED,
            });
            _utility = new TransferUtility(_client);
        }

        public override string Name => "S3 (Ceph), TransferUtility";

        public override (string Name, string Keys) Section => ("AwsS3Storage", $$"""
            "BucketName": "{{_bucket}}", "Region": "{{CephGateway.Region}}", "Endpoint": "http://127.0.0.1:{{Port}}",
            "AccessKey": "{{_ceph.AccessKey}}", "SecretKey": "{{_ceph.SecretKey}}", "VirtualAddressing": false
            """);

        public override Task UploadAsync(string file, CancellationToken cancellationToken) =>
            _utility.UploadAsync(file, _bucket, Key, cancellationToken);

        public override Task DownloadAsync(string file, CancellationToken cancellationToken) =>
            _utility.DownloadAsync(file, _bucket, Key, cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await _client.DeleteObjectAsync(_bucket, Key).ConfigureAwait(false);
            _utility.Dispose();
            _client.Dispose();
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class AzureTarget : TransferTarget
    {
        private readonly string _connection;
        private readonly string _container;
        private readonly BlobClient _blob;

        public AzureTarget(AzuriteServer azurite, string container, TimeSpan delay)
            : base(azurite.Port, delay)
        {
            _container = container;
            _connection = azurite.ConnectionString.Replace($":{azurite.Port}/", $":{Port}/", StringComparison.Ordinal);
            _blob = new BlobClient(_connection, container, "reference");
        }

        public override string Name => "Azure (Azurite), BlobClient";

        public override (string Name, string Keys) Section =>
            ("AzureBlobStorage", $"\"ConnectionString\": \"{_connection}\", \"ContainerName\": \"{_container}\"");

        public override Task UploadAsync(string file, CancellationToken cancellationToken) =>
            _blob.UploadAsync(file, overwrite: true, cancellationToken);

        public override Task DownloadAsync(string file, CancellationToken cancellationToken) => _blob.DownloadToAsync(file, cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await _blob.DeleteIfExistsAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }
}
