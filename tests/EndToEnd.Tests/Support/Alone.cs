namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>
/// For tests in which this process itself has files of a mount open: a program that another test starts meanwhile has copies of them for a
/// moment, and what closes these copies commits the files.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
