package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const pageURL = "http://127.0.0.1:8080"

// page is a visitor of the box's own page.
type page struct{ cookies []*http.Cookie }

// visit lets a visitor in as people do: by a short press of the box's button.
func (s *studio) visit(ctx context.Context) (*page, error) {
	f := s.golive.press()
	err := sleep(ctx, 400*time.Millisecond) // no hold
	f.lift()
	for err == nil {
		p := &page{}
		if err = p.post(ctx, "/api/claim", ""); err == nil {
			return p, nil
		}
		if sleep(ctx, 100*time.Millisecond) == nil {
			err = nil // the press may not have been seen yet
		}
	}
	return nil, fmt.Errorf("the page lets nobody in after a press: %w", err)
}

// post asks the page for something and keeps the cookie that it gives.
func (p *page) post(ctx context.Context, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, pageURL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	for _, c := range p.cookies {
		request.AddCookie(c)
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %s", path, response.Status)
	}
	p.cookies = append(p.cookies, response.Cookies()...)
	return nil
}
