using System.Text.Json.Nodes;
using Amazon.S3;
using Amazon.S3.Model;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrthancCloudFs.Buckets.Google;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.TestKit.Google;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.TestKit.Sites;

/// <summary>The kinds of bucket that each test runs on.</summary>
public enum BucketKind
{
    Local,
    Ceph,
    Azurite,
    Google,
}

/// <summary>A bucket that belongs to one test: its section of the configuration, and a look into it behind the program's back.</summary>
public abstract class BucketSite
{
    public abstract string SectionName { get; }

    public abstract JsonObject Section();

    /// <summary>Keys of all objects.</summary>
    public abstract Task<IReadOnlyList<string>> KeysAsync();

    public abstract Task<byte[]> ReadAsync(string key);

    /// <summary>Uploads in parts that are neither completed nor aborted.</summary>
    public abstract Task<int> CountUploadsAsync();

    /// <summary>Those among them that hold no part, for a provider that keeps such.</summary>
    public virtual Task<int> CountEmptyUploadsAsync() => Task.FromResult(0);

    /// <summary>Moves all objects to where they cannot be read at once, for a provider that has such a tier.</summary>
    public virtual Task ArchiveAsync() => throw new NotSupportedException($"{SectionName} has no such tier");

    /// <summary>Removes the bucket and all that is in it, for the remotes that can.</summary>
    public virtual Task DestroyAsync() => throw new NotSupportedException($"{SectionName} is not destroyed by tests");

    public static async Task<BucketSite> CreateAsync(BucketKind kind, SharedServers servers, string folder) => kind switch
    {
        BucketKind.Ceph => await CephSite.CreateAsync(await servers.CephAsync()),
        BucketKind.Azurite => new AzuriteSite(await servers.AzuriteAsync()),
        BucketKind.Google => new GoogleSite(await servers.GoogleAsync()),
        _ => new LocalSite(Directory.CreateDirectory(Path.Combine(folder, "bucket")).FullName),
    };

    private sealed class LocalSite(string directory) : BucketSite
    {
        public override string SectionName => "LocalStorage";

        public override JsonObject Section() => new() { ["Directory"] = directory };

        public override Task<IReadOnlyList<string>> KeysAsync() => Task.FromResult<IReadOnlyList<string>>(
        [
            .. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(directory, path).Replace(Path.DirectorySeparatorChar, '/'))
                .Where(key => !key.StartsWith(".orthanc-cloudfs-staging/", StringComparison.Ordinal) || !key.EndsWith(".lock", StringComparison.Ordinal)),
        ]);

        public override Task<byte[]> ReadAsync(string key) => File.ReadAllBytesAsync(Path.Combine(directory, key));

        public override Task<int> CountUploadsAsync() => Task.FromResult(
            Directory.EnumerateFiles(Path.Combine(directory, ".orthanc-cloudfs-staging"), "*.tmp", SearchOption.AllDirectories).Count());
    }

    private sealed class CephSite(CephGateway gateway, S3BucketSettings settings) : BucketSite
    {
        public static async Task<CephSite> CreateAsync(CephGateway gateway) => new(gateway, await gateway.CreateBucketAsync());

        public override string SectionName => "AwsS3Storage";

        public override JsonObject Section() => new()
        {
            ["BucketName"] = settings.BucketName,
            ["Region"] = settings.Region,
            ["Endpoint"] = settings.Endpoint,
            ["AccessKey"] = settings.AccessKey,
            ["SecretKey"] = settings.SecretKey,
            ["VirtualAddressing"] = false,
            ["RequestTimeout"] = 30,
        };

        public override async Task<IReadOnlyList<string>> KeysAsync()
        {
            var keys = new List<string>();
            var request = new ListObjectsV2Request { BucketName = settings.BucketName };
            ListObjectsV2Response page;
            do
            {
                page = await gateway.Client.ListObjectsV2Async(request);
                keys.AddRange((page.S3Objects ?? []).Select(item => item.Key));
                request.ContinuationToken = page.NextContinuationToken;
            }
            while (page.IsTruncated == true);
            return keys;
        }

        public override async Task<byte[]> ReadAsync(string key)
        {
            using GetObjectResponse response = await gateway.Client.GetObjectAsync(settings.BucketName, key);
            using var content = new MemoryStream();
            await response.ResponseStream.CopyToAsync(content);
            return content.ToArray();
        }

        public override async Task DestroyAsync()
        {
            foreach (string key in await KeysAsync())
                await gateway.Client.DeleteObjectAsync(settings.BucketName, key);
            await gateway.Client.DeleteBucketAsync(settings.BucketName);
        }

        public override async Task<int> CountUploadsAsync() => (await UploadsAsync()).Count;

        public override async Task<int> CountEmptyUploadsAsync()
        {
            int empty = 0;
            foreach (MultipartUpload upload in await UploadsAsync())
            {
                ListPartsResponse parts = await gateway.Client.ListPartsAsync(settings.BucketName, upload.Key, upload.UploadId);
                empty += parts.Parts is { Count: > 0 } ? 0 : 1;
            }

            return empty;
        }

        private async Task<List<MultipartUpload>> UploadsAsync()
        {
            var request = new ListMultipartUploadsRequest { BucketName = settings.BucketName };
            return (await gateway.Client.ListMultipartUploadsAsync(request)).MultipartUploads ?? [];
        }
    }

    /// <summary>The program makes the container.</summary>
    private sealed class AzuriteSite(AzuriteServer server) : BucketSite
    {
        private readonly string _name = server.NewContainerName();

        private BlobContainerClient Container => server.Client.GetBlobContainerClient(_name);

        public override string SectionName => "AzureBlobStorage";

        public override JsonObject Section() => new()
        {
            ["ConnectionString"] = server.ConnectionString,
            ["ContainerName"] = _name,
            ["RequestTimeout"] = 30,
        };

        public override async Task<IReadOnlyList<string>> KeysAsync()
        {
            var keys = new List<string>();
            await foreach (BlobItem blob in Container.GetBlobsAsync())
                keys.Add(blob.Name);
            return keys;
        }

        public override async Task<byte[]> ReadAsync(string key)
        {
            BlobDownloadResult result = await Container.GetBlobClient(key).DownloadContentAsync();
            return result.Content.ToArray();
        }

        public override async Task DestroyAsync() => await Container.DeleteAsync();

        public override async Task ArchiveAsync()
        {
            foreach (string key in await KeysAsync())
                await Container.GetBlobClient(key).SetAccessTierAsync(AccessTier.Archive);
        }

        public override async Task<int> CountUploadsAsync()
        {
            int uncommitted = 0;
            await foreach (BlobItem blob in Container.GetBlobsAsync(new GetBlobsOptions { States = BlobStates.Uncommitted }))
            {
                BlockList blocks = await Container.GetBlockBlobClient(blob.Name).GetBlockListAsync(BlockListTypes.Uncommitted);
                uncommitted += blocks.UncommittedBlocks.Any() ? 1 : 0;
            }

            return uncommitted;
        }
    }

    private sealed class GoogleSite(FakeGoogleStorage fake) : BucketSite
    {
        private readonly GoogleBucketSettings _settings = fake.CreateBucket();

        public override string SectionName => "GoogleCloudStorage";

        public override JsonObject Section() => new()
        {
            ["BucketName"] = _settings.BucketName,
            ["ServiceAccountFile"] = _settings.ServiceAccountFile,
            ["Endpoint"] = fake.Endpoint,
            ["RequestTimeout"] = 30,
        };

        public override Task<IReadOnlyList<string>> KeysAsync() =>
            Task.FromResult<IReadOnlyList<string>>([.. fake.Objects.List(_settings.BucketName)!.Select(found => found.Name)]);

        public override Task<byte[]> ReadAsync(string key) => Task.FromResult(fake.Objects.Find(_settings.BucketName, key)!.Content);

        public override Task<int> CountUploadsAsync() => Task.FromResult(fake.Objects.CountUploads(_settings.BucketName));
    }
}
