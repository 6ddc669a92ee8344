//go:build tools

// Package tools pins the Pulumi CLI in go.mod, so that `go build` finds every checksum in go.sum.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
